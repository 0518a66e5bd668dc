"""Grades and ranks, from the worked examples in spec/grades.yaml."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from models.enums import IncidentLevel
from models.errors import Refused
from rules.grading import DEFAULT_BANDS, GradeBand, grade, graded, ranks

SPEC = yaml.load((Path(__file__).parent / "spec" / "grades.yaml").read_text("utf-8"), yaml.BaseLoader)
BANDS = tuple(GradeBand(name, Decimal(lower)) for name, lower in SPEC["等级"].items())
POINTS = st.decimals(-50, 150, places=4)


@pytest.mark.parametrize("case", SPEC["例"], ids=lambda case: case["说明"])
def test_worked_examples(case: dict[str, Any]) -> None:
    incidents = [IncidentLevel.of_zh(text) for text in case.get("事件", [])]
    assert None not in incidents
    found = graded(
        Fraction(case["总分"]),
        BANDS,
        [level for level in incidents if level],
        grade_unrounded=case.get("未四舍五入") == "是",
    )
    assert (found.grade, found.grade_by_score) == (case["等级"], case["按得分"])
    assert bool(found.reason) == (case["等级"] != case["按得分"])


def test_a_veto_says_why_and_keeps_both_grades() -> None:
    found = graded(Decimal(96), BANDS, [IncidentLevel.SYSTEMIC, IncidentLevel.REGIONAL, IncidentLevel.SYSTEMIC])
    assert found.reason == "发生区域性、系统性质量安全事件，一律评为 D 级（按得分为 A 级）"
    assert found.basis == "按公布的总分 96.00 评定等级"


def test_what_was_graded_is_said() -> None:
    assert graded(Fraction("89.996"), BANDS).basis == "按公布的总分 90.00 评定等级"
    assert graded(Fraction("89.996"), BANDS, grade_unrounded=True).basis == "按未四舍五入的总分 89.996 评定等级"


def test_whole_points_can_be_published() -> None:
    assert grade(Fraction("89.5"), BANDS, published_decimals=0) == "A"


def test_without_grades_nothing_is_graded() -> None:
    with pytest.raises(Refused, match="等级"):
        grade(Fraction(90), ())


def test_the_usual_bands() -> None:
    assert BANDS == DEFAULT_BANDS


@given(POINTS, st.decimals(0, 50, places=4), st.booleans())
def test_more_points_never_give_a_lower_grade(points: Decimal, more: Decimal, unrounded: bool) -> None:
    names = [band.name for band in BANDS]
    lower, higher = (names.index(grade(p, BANDS, grade_unrounded=unrounded)) for p in (points, points + more))
    assert higher <= lower


@given(st.permutations(BANDS), POINTS)
def test_the_order_of_the_table_does_not_matter(bands: list[GradeBand], points: Decimal) -> None:
    assert grade(points, bands) == grade(points, BANDS)


def test_ties_share_a_rank_and_the_next_is_skipped() -> None:
    points = {"甲镇": "92.10", "乙镇": "93.5", "丙镇": "93.50", "丁乡": "80"}
    assert ranks({unit: Decimal(p) for unit, p in points.items()}) == {"甲镇": 3, "乙镇": 1, "丙镇": 1, "丁乡": 4}
    assert ranks({}) == {}


@given(st.dictionaries(st.text(min_size=1, max_size=3), POINTS, min_size=1))
def test_a_rank_is_one_more_than_the_number_of_better_units(points: dict[str, Decimal]) -> None:
    found = ranks(points)
    assert min(found.values()) == 1
    for unit, rank in found.items():
        assert rank == 1 + len([p for p in points.values() if p > points[unit]])

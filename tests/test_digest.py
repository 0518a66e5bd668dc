"""The digest: one letter that says everything, by unit and by what has to be done, whatever the order it came in."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enums import Role
from notifications.digest import Line, compose
from notifications.notices import NOTICES
from notifications.wording import render_line

DAY = date(2026, 4, 16)  # Thursday; the examples fall due on Wednesday 15 April
CYCLE = "示例县2026年度质量工作考核"


def line(
    kind: str, unit: str = "市场监管局", role: Role = Role.LIAISON, due: date | None = date(2026, 4, 15), **other: Any
) -> Line:
    """The example of a kind as a line of a digest."""
    example = next(k.example for k in NOTICES.values() if k.name == kind)
    return Line(unit, role, "示例县质强办", CYCLE, kind, render_line(example), due)._replace(**other)


EVERY_KIND = [line(kind.name) for kind in NOTICES.values()]

LETTER = """\
市场监管局联络员：

截至2026年4月16日，贵单位有下列事项，请按要求办理。

市场监管局（示例县2026年度质量工作考核）
一、退回事项，请改正后重新报送（1项）
1．“主要农产品监测合格率（2026年第一季度）”经审核退回，原因：分子大于监测批次总数。请改正后于2026年4月15日前重新报送。
二、逾期事项，尚未办理的请立即办理（1项）
1．“质量月活动总结”应于2026年4月15日前完成，请按期完成。
三、待办事项，请按期办理（1项）
1．年度自评已开始，请于2026年4月15日前报送自评打分表和自评报告。
四、有关通知（1项）
1．“质量月活动总结”延期申请已批准，期限延至2026年4月15日。

请在报送工作簿的相应表中办理，连同佐证材料一并报送。确需延期的，请在期限届满前提出申请并写明理由。所列期限均含当日。

示例县质强办
2026年4月16日"""


def test_letter_as_a_liaison_officer_receives_it() -> None:
    later = date(2026, 9, 30)
    digest = compose(
        [line("reminder"), line("extension_decided"), line("self_evaluation_opened", due=later), line("returned")], DAY
    )
    assert digest.title == "【示例县质强办】2026年4月16日质量工作事项：退回1项、逾期1项、待办1项、通知1项"
    assert digest.body == LETTER


@given(st.permutations(EVERY_KIND))
def test_order_of_arrival_does_not_matter(lines: list[Line]) -> None:
    assert compose(lines, DAY) == compose(EVERY_KIND, DAY)


@given(st.lists(st.sampled_from(EVERY_KIND), min_size=1))
def test_every_message_is_said_exactly_once(lines: list[Line]) -> None:
    body = compose(lines, DAY).body
    assert all(body.count(e.text) == 1 for e in lines)


@pytest.mark.parametrize(
    ("day", "short"),
    [
        (date(2026, 4, 14), "待办1项"),  # Tuesday, the day before
        (date(2026, 4, 15), "待办1项"),  # Wednesday, the due date itself
        (date(2026, 4, 16), "逾期1项"),  # Thursday
    ],
)
def test_overdue_from_the_day_after(day: date, short: str) -> None:
    assert compose([line("reminder")], day).title.endswith(f"：{short}")


def test_one_person_in_two_roles_reads_a_thing_once() -> None:
    digest = compose([line("order_issued"), line("order_issued", role=Role.DEPUTY)], DAY)
    assert digest.body.startswith("市场监管局联络员、分管领导：")
    assert digest.body.count("督办单（") == 1
    assert digest.title.endswith("：逾期1项")


def test_units_and_cycles_stand_apart() -> None:
    last_year = "示例县2025年度质量工作考核"
    digest = compose([line("reminder", unit="甲镇"), line("reminder"), line("result_published", cycle=last_year)], DAY)
    assert digest.body.startswith("市场监管局联络员；甲镇联络员：")
    assert "有关单位有下列事项" in digest.body
    headings = [row for row in digest.body.splitlines() if row.endswith("考核）")]
    assert headings == [f"市场监管局（{last_year}）", f"市场监管局（{CYCLE}）", f"甲镇（{CYCLE}）"]


def test_the_reviewer_is_told_how_to_review_and_not_how_to_file() -> None:
    body = compose([line("review_pending", role=Role.COORDINATOR, due=None)], DAY).body
    assert body.startswith("市场监管局质强办经办人：")
    assert "退回须写明理由和重报期限" in body
    assert "报送工作簿" not in body


def test_mere_information_asks_for_nothing() -> None:
    digest = compose([line("order_closed", due=None)], DAY)
    assert "现将有关事项通知如下。" in digest.body
    assert "报送工作簿" not in digest.body
    assert digest.title.endswith("：通知1项")


def test_a_title_is_never_too_long_for_the_record() -> None:
    lines = [line("reminder", office=f"第{i}个质量强县工作领导小组办公室") for i in range(40)]
    assert len(compose(lines, DAY).title) == 200

"""Scoring: the worked examples in spec/R*.yaml, the laws of the rules, totals, explanations and import checks."""

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.enums import Choice, TargetForm
from models.errors import Refused
from rules.numbers import canonical, plain
from rules.scoring import (
    KINDS,
    Facts,
    GradingOptions,
    Item,
    Line,
    Matter,
    MeritRule,
    MissingTreatment,
    Need,
    RuleSetDoc,
    RulesInPlan,
    columns,
    explain_text,
    find_problems,
    read,
    rounded,
    ruled,
    score_item,
    total,
    with_group_averages,
    written,
)
from rules.targets import TargetFigure

SPECS = sorted((Path(__file__).parent / "spec").glob("R*.yaml"))
COUNTED = {"迟报": "late", "漏报": "missing", "退回": "returned", "空报": "empty", "次数": "count"}
FIGURES = ("目标值", "上限", "幅度", "参照值")
AMOUNTS = st.decimals(0, 1000, places=3)
COUNTS = st.integers(0, 50)


def examples() -> list[Any]:
    specs = [yaml.load(path.read_text("utf-8"), yaml.BaseLoader) for path in SPECS]
    cases = [(s["评分方法"], {**rule, **case}) for s in specs for rule in s["细则"] for case in rule["例"]]
    return [pytest.param(kind, case, id=f"{kind} {case['规则']}：{case['说明']}") for kind, case in cases]


def item(kind: str, weight: str | Decimal = "5", cells: Mapping[str, object] | None = None, **more: Any) -> Item:
    params, findings = read(KINDS[kind].params, cells or {})
    assert not findings
    return Item.model_validate(
        {"number": "1", "title": "项目", "groups": ("乡镇",), "weight": weight, "kind": kind, "params": params, **more}
    )


def target_of(text: Mapping[str, str]) -> TargetFigure:
    form = TargetForm.of_zh(text["形式"])
    assert form
    value, high, margin, reference = (Decimal(text[n]) if n in text else None for n in FIGURES)
    return TargetFigure(form, value, high, margin, reference, text["计量单位"])


def facts_of(case: Mapping[str, Any]) -> Facts:
    given_facts = case["情况"]
    counts: dict[str, Any] = {COUNTED[name]: int(value) for name, value in given_facts.items() if name in COUNTED}
    actual = Fraction(given_facts["完成值"]) if "完成值" in given_facts else None
    if "分子" in given_facts:
        actual = Fraction(given_facts["分子"]) / Fraction(given_facts["分母"]) * 100
    return Facts(
        actual=actual,
        target=target_of(case["目标"]) if "目标" in case else None,
        judged={"是": True, "否": False}[given_facts["评判"]] if "评判" in given_facts else None,
        **counts,
    )


def at_least(value: str | Decimal) -> TargetFigure:
    return TargetFigure(TargetForm.AT_LEAST, Decimal(value), None, None, None, "%")


@pytest.mark.parametrize(("kind", "case"), examples())
def test_worked_examples(kind: str, case: dict[str, Any]) -> None:
    scored = item(kind, case["分值"], case["参数"])
    facts = facts_of(case)
    if refusal := case.get("不予计分"):
        with pytest.raises(Refused, match=refusal):
            score_item(scored, facts)
        return
    line = score_item(scored, facts)
    assert str(line.points) == case["得分"]
    assert line.provisional == ((case["暂计"],) if "暂计" in case else ())
    assert line.arithmetic
    assert line.rule.startswith(f"{kind} ")


def test_every_kind_has_worked_examples() -> None:
    assert {path.stem for path in SPECS} == set(KINDS)


# --- exactness


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [
        ("2.665", 2, "2.67"),
        ("-0.605", 2, "-0.61"),
        ("2.6649999", 2, "2.66"),
        ("-0.004", 2, "0.00"),
        ("1/3", 2, "0.33"),
        ("0.5", 0, "1"),
        ("89.996", 2, "90.00"),
    ],
)
def test_halves_are_rounded_away_from_zero(value: str, places: int, expected: str) -> None:
    assert str(rounded(Fraction(value), places)) == expected


@given(st.decimals(-(10**6), 10**6, places=6), st.integers(0, 4))
def test_rounding_agrees_with_decimal(value: Decimal, places: int) -> None:
    assert rounded(Fraction(value), places) == value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def test_how_numbers_are_printed() -> None:
    assert [plain(Fraction(t)) for t in ("5", "100", "0.10", "1/3", "-2.50", "1/4096")] == [
        "5",
        "100",
        "0.1",
        "约0.333333",
        "-2.5",
        "0.000244140625",
    ]
    assert {str(canonical(Decimal(t))) for t in ("5", "5.0", "5.00", "0.5E1")} == {"5"}


def test_some_thousand_random_items_against_plain_fractions() -> None:
    draw = random.Random(20260101)
    steps = {"按比例计": lambda u: u, "不足一个单位不计": floor, "不足一个单位按一个计": ceil}
    for _ in range(4000):
        w, x, t, d, u = (Decimal(draw.randint(1, 99999)).scaleb(-draw.randint(0, 3)) for _ in range(5))
        n, name = draw.randint(0, 30), draw.choice(list(steps))
        fw, fx, ft, fd, fu = map(Fraction, (w, x, t, d, u))
        known = Facts(actual=fx, target=at_least(t), count=n, late=n)
        expected: dict[str, tuple[Fraction, dict[str, object]]] = {
            "R4": (min(fw * fx / ft, fw), {}),
            "R7": (
                max(fw - fd * steps[name](max(ft - fx, Fraction(0)) / fu), Fraction(0)),
                {"计分单位": u, "每单位扣分": d, "计步方式": name},
            ),
            "R8": (max(fw - fd * n, Fraction(0)), {"每次扣分": d}),
            "R16": (max(fw - fd * n, Fraction(0)), {"迟报每次扣分": d}),
        }
        for kind, (points, cells) in expected.items():
            line = score_item(item(kind, w, cells), known)
            assert line.exact == points
            assert line.points == half_up(points)


def half_up(value: Fraction) -> Decimal:
    """A second way to round: in whole hundredths, by comparing remainders."""
    whole, rest = divmod(abs(value) * 100, 1)
    return Decimal(int(whole) + (rest >= Fraction(1, 2))).scaleb(-2) * (-1 if value < 0 else 1)


# --- laws


LAW_CASES = st.sampled_from(
    [
        ("R1", {"条件": "达标"}),
        ("R3", {"分段": "300以上：5；100～300：2.5；100以下：0"}),
        ("R4", {}),
        ("R7", {"计分单位": "1", "每单位扣分": "0.1", "计步方式": "按比例计"}),
        ("R7", {"计分单位": "7", "每单位扣分": "0.3", "计步方式": "不足一个单位不计"}),
        ("R7", {"计分单位": "7", "每单位扣分": "0.3", "计步方式": "不足一个单位按一个计"}),
        ("R8", {"每次扣分": "0.5", "应有次数": "400"}),
    ]
)


@given(LAW_CASES, AMOUNTS, AMOUNTS, st.decimals("0.001", 1000, places=3))
def test_points_stay_within_the_weight_and_never_fall_when_the_value_rises(
    case: tuple[str, dict[str, str]], x: Decimal, more: Decimal, t: Decimal
) -> None:
    scored = item(case[0], "5", case[1])
    low, high = (score_item(scored, Facts(actual=Fraction(v), target=at_least(t))).exact for v in (x, x + more))
    assert 0 <= low <= high <= 5


@given(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)
def test_one_more_fault_never_helps(late: int, missing: int, returned: int, empty: int, more: int) -> None:
    cells = {"迟报每次扣分": "0.2", "漏报每次扣分": "0.5", "退回每次扣分": "0.1", "空报每次扣分": "0.3"}
    scored = item("R16", "5", cells)
    facts = Facts(late=late, missing=missing, returned=returned, empty=empty)
    for fault in ("late", "missing", "returned", "empty"):
        worse = replace(facts, **{fault: getattr(facts, fault) + more})
        assert 0 <= score_item(scored, worse).exact <= score_item(scored, facts).exact <= 5


@given(st.permutations(range(6)))
def test_a_total_does_not_depend_on_the_order_of_lines(order: list[int]) -> None:
    lines = [
        score_item(item("R4", "7", number=str(i)), Facts(actual=Fraction(i, 7), target=at_least("3"))) for i in order
    ]
    assert total(lines).exact == Fraction(7 * 15, 21)


# --- explanations


def test_a_line_can_be_followed_by_a_reader() -> None:
    scored = item(
        "R7",
        "5",
        {"计分单位": 1, "每单位扣分": "0.1", "计步方式": "按比例计"},
        number="2.1",
        title="体系认证比例",
        scorer="市场监管局",
    )
    facts = Facts(
        actual=Fraction("36.5"),
        target=at_least("40"),
        evidence=("认证名录.xlsx",),
        provisional=("第四季度数据尚未报送",),
    )
    assert explain_text(score_item(scored, facts)) == (
        "第 2.1 项 体系认证比例：得 4.65 分（满分 5 分）\n"
        "评分方法：R7 未达标逐单位扣分：达到目标得 5 分；未达到的，每相差 1 扣 0.1 分（按比例计），最低 0 分\n"
        "依据：目标 ≥40%；完成值 36.5%\n"
        "计算：\n"
        "  1. 与目标相差 3.5，折合 3.5÷1＝3.5 个计分单位\n"
        "  2. 按比例计，计 3.5 个，扣 3.5×0.1＝0.35 分\n"
        "  3. 得分：5－0.35＝4.65\n"
        "佐证：认证名录.xlsx\n"
        "暂计：第四季度数据尚未报送\n"
        "评分单位：市场监管局"
    )


@pytest.mark.parametrize(("kind", "case"), examples())
def test_a_line_survives_storage_and_holds_no_float(kind: str, case: dict[str, Any]) -> None:
    if "不予计分" in case:
        return
    line = score_item(item(kind, case["分值"], case["参数"]), facts_of(case))
    stored = json.dumps(line.to_json(), ensure_ascii=False, sort_keys=True)
    assert Line.from_json(json.loads(stored, parse_float=lambda text: pytest.fail(f"a float: {text}"))) == line


def test_a_ruling_on_an_appeal_keeps_what_was_there() -> None:
    line = score_item(item("R4", "5"), Facts(actual=Fraction(30), target=at_least("40")))
    changed = ruled(line, Decimal("4.5"), "补交的证书有效")
    assert (changed.points, changed.exact) == (Decimal("4.50"), Fraction(9, 2))
    assert changed.arithmetic[:-1] == line.arithmetic
    assert changed.arithmetic[-1] == "经申诉裁定，由 3.75 分改为 4.5 分：补交的证书有效"
    with pytest.raises(Refused, match="不在 0 至 5 分之间"):
        ruled(line, Decimal(6), "")


# --- items that do not fit a unit


def missing_line(treatment: MissingTreatment, weight: str = "5", **more: Any) -> Line:
    return score_item(item("R4", weight, missing=treatment, **more), Facts(applies=False))


def test_four_ways_to_treat_an_item_that_does_not_fit() -> None:
    assert missing_line(MissingTreatment.FULL).points == 5
    assert missing_line(MissingTreatment.BASE, base="3").points == 3
    assert missing_line(MissingTreatment.LEFT_OUT).left_out
    with pytest.raises(Refused, match="第 1 项“项目”：本项不允许缺项"):
        missing_line(MissingTreatment.NOT_ALLOWED)
    with pytest.raises(Refused, match="没有填写基本分"):
        missing_line(MissingTreatment.BASE)


def test_what_is_left_out_is_made_up_for_by_scaling() -> None:
    scored = score_item(item("R4", "80", number="2"), Facts(actual=Fraction(30), target=at_least("40")))
    found = total([missing_line(MissingTreatment.LEFT_OUT, "20"), scored])
    assert found.exact == 75  # 100 × 60 / 80
    assert found.arithmetic[1] == "第 1 项不涉及，折算：100×60÷80＝75"
    with pytest.raises(Refused, match="所有评分项目都不涉及"):
        total([missing_line(MissingTreatment.LEFT_OUT)])


def test_the_average_of_the_group_is_taken_last() -> None:
    def scored(x: int) -> Line:
        return score_item(item("R4", "5"), Facts(actual=Fraction(x), target=at_least("40")))

    waiting = missing_line(MissingTreatment.GROUP_AVERAGE)
    with pytest.raises(Refused, match="尚未取同组平均分"):
        total([waiting])
    group = with_group_averages({"甲镇": [scored(40)], "乙镇": [scored(20)], "丙镇": [waiting], "丁镇": [waiting]})
    assert [line.exact for lines in group.values() for line in lines] == [
        5,
        Fraction(5, 2),
        Fraction(15, 4),
        Fraction(15, 4),
    ]
    assert total(group["丙镇"]).total == Decimal("3.75")
    with pytest.raises(Refused, match="无法取平均分"):
        with_group_averages({"丙镇": [waiting]})


# --- totals


MERITS = (
    MeritRule(number="J1", title="省级质量奖", points=Decimal(2), cap=Decimal(3)),
    MeritRule(number="J2", title="市级质量奖", points=Decimal(1)),
    MeritRule(number="K1", title="被通报批评", points=Decimal("-0.5"), cap=Decimal(1)),
)
NINETY = [score_item(item("R4", "100"), Facts(actual=Fraction(90), target=at_least("100")))]


@pytest.mark.parametrize(
    ("matters", "cap", "bonus", "deduction", "points"),
    [
        ([], None, "0", "0", "90.00"),
        ([("J1", "甲厂")], None, "2", "0", "92.00"),
        ([("J1", "甲厂"), ("J1", "乙厂")], None, "3", "0", "93.00"),  # the rule's own cap
        ([("J1", "甲厂"), ("J1", "甲厂")], None, "2", "0", "92.00"),  # recorded twice, counted once
        ([("J1", "甲厂"), ("J2", "甲厂")], None, "2", "0", "92.00"),  # at two levels, counted at the higher
        ([("J2", "甲厂"), ("J1", "乙厂")], "2.5", "2.5", "0", "92.50"),  # the cap on all bonus points
        ([("K1", "一月"), ("K1", "二月"), ("K1", "三月")], None, "0", "1", "89.00"),
        ([("J2", "甲厂"), ("K1", "甲厂")], None, "1", "0.5", "90.50"),  # a bonus never hides a deduction
    ],
)
def test_bonus_and_deduction(
    matters: list[tuple[str, str]], cap: str | None, bonus: str, deduction: str, points: str
) -> None:
    for recorded in (matters, matters[::-1]):
        found = total(NINETY, [Matter(*m) for m in recorded], MERITS, bonus_cap=Decimal(cap) if cap else None)
        assert (found.bonus, found.deduction) == (Fraction(bonus), Fraction(deduction))
        assert str(found.total) == points
        assert found.arithmetic[-1].endswith(f"四舍五入为 {points}")


def test_an_unknown_matter_is_refused() -> None:
    with pytest.raises(Refused, match="J9"):
        total(NINETY, [Matter("J9", "甲厂")], MERITS)


def test_a_total_is_rounded_once_and_says_whether_it_may_change() -> None:
    thirds = [
        score_item(item("R4", "1", number=str(i)), Facts(actual=Fraction(1, 3), target=at_least("1"))) for i in range(3)
    ]
    assert [line.points for line in thirds] == [Decimal("0.33")] * 3
    found = total(thirds)
    assert (found.total, found.provisional) == (Decimal("1.00"), False)
    assert total([replace(thirds[0], provisional=("暂用上年平均",))]).provisional
    assert found.to_json()["exact"] == "1"


# --- rules as data


def rules(*items: Item, **more: Any) -> RuleSetDoc:
    grades = (("A", "90"), ("B", "80"), ("C", "60"), ("D", "0"))
    return RuleSetDoc.model_validate({"items": items, "grades": grades, **more})


SOUND = rules(
    item("R7", "60", {"计分单位": 1, "每单位扣分": "0.1", "计步方式": "按比例计"}, indicator="3"),
    item("R3", "30", {"分段": "10以上：30；5～10：15；5以下：0"}, number="2", indicator="3"),
    item("R16", "10", {"漏报每次扣分": "0.5"}, number="3"),
    merits=MERITS,
)
UNITS = {"甲镇": "乡镇", "乙镇": "乡镇"}
TARGETS = {"3": at_least("40"), "4": TargetFigure(TargetForm.AT_MOST, Decimal(3), None, None, None, "件")}


def test_the_same_rules_give_the_same_bytes() -> None:
    text = SOUND.canonical_json()
    assert RuleSetDoc.model_validate_json(text) == SOUND
    assert RuleSetDoc.model_validate(json.loads(text)).sha256() == SOUND.sha256()
    same = SOUND.model_dump()
    same["items"][0]["weight"] = Decimal("60.00")
    assert RuleSetDoc.model_validate(same).sha256() == SOUND.sha256()
    assert (
        RuleSetDoc.model_validate({**same, "options": GradingOptions(bonus_cap=Decimal(5))}).sha256() != SOUND.sha256()
    )


def test_rules_cannot_be_changed_or_hold_floats() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        SOUND.items[0].weight = Decimal(1)  # type: ignore[misc]
    with pytest.raises(ValidationError, match="不接受浮点数"):
        item("R4", 5.5)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="没有评分方法“R99”"):
        Item.model_validate({**SOUND.items[0].model_dump(), "kind": "R99", "params": SOUND.items[0].params})
    with pytest.raises(ValidationError, match="不是评分方法 R4 的参数"):
        Item.model_validate({**SOUND.items[0].model_dump(), "kind": "R4", "params": SOUND.items[0].params})


def test_a_unit_is_assessed_by_its_group_or_by_name() -> None:
    tailored = item("R4", "5", number="9", units=("丁局",))
    doc = rules(item("R4", "5"), tailored)
    assert doc.items_for("甲镇", "乡镇") == (doc.items[0],)
    assert doc.items_for("丁局", "县直部门") == (tailored,)


@pytest.mark.parametrize(("kind", "case"), examples())
def test_parameters_survive_the_workbook(kind: str, case: dict[str, Any]) -> None:
    params = item(kind, cells=case["参数"]).params
    again, findings = read(type(params), written(params))
    assert not findings
    assert again == params


def test_every_parameter_has_a_chinese_heading_and_every_kind_says_what_it_needs() -> None:
    for kind in KINDS.values():
        assert all(heading != name for heading, name in columns(kind.params).items())
    needs = {KINDS[i.kind].needs(i.params) for i in SOUND.items}
    assert needs == {Need.TARGET, Need.ACTUAL, Need.DISCIPLINE}
    assert all(isinstance(need, Choice) for need in needs)


def test_all_mistakes_in_a_row_come_at_once() -> None:
    _, found = read(KINDS["R7"].params, {"计分单位": "一", "每单位扣分": "-1", "条件": "达标", "最低分": ""})
    assert {(f.column, f.message) for f in found} == {
        ("条件", "本评分方法不使用此列，请清空。"),
        ("计分单位", "“一”不是数字，请改正。"),
        ("每单位扣分", "“-1”应大于 0。"),
        ("计步方式", "本评分方法必须填写此列。"),
    }


@pytest.mark.parametrize("text", ["5以上", "五以上：3", "5～3：2", "5～5：2", "abc"])
def test_bands_that_cannot_be_read(text: str) -> None:
    params, found = read(KINDS["R3"].params, {"分段": text})
    assert params is None
    assert [f.column for f in found] == ["分段"]
    assert "分段" in found[0].message


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("10以上：5；5～10：2.5；5以下：0", None),
        ("10以上：5; 5-10:2.5\n小于5以下：0", "看不懂"),
        ("0～90：3；90～100（含）：5", None),  # from 0 to 100 is everything a share can be
        ("10以上：5；5～10（含）：2.5；5以下：0", "第 2 段“5（含）～10（含）”与第 1 段“10（含）以上”都包含 10"),
        ("10（不含）以上：5；5～10：2.5；5以下：0", "都不包含 10"),
        ("10以上：5；5～9：2.5；5以下：0", "之间 9 至 10 没有规定得分"),
        ("10以上：5；5～11：2.5；5以下：0", "重叠"),
        ("10以上：5；5～10：2.5；0～20：1；5以下：0", "重叠"),
        ("10以上：5；5～10：2.5", "低于第 2 段“5（含）～10（不含）”的数值没有规定得分"),
        ("5～10：5；5以下：0", "高于“5（含）～10（不含）”的数值没有规定得分"),
        ("10以上：4；10以下：0", "最高一段得 4 分，与本项分值 5 不一致"),
    ],
)
def test_overlaps_and_gaps_name_both_rows(text: str, complaint: str | None) -> None:
    params, found = read(KINDS["R3"].params, {"分段": text})
    messages = [f.message for f in found] if params is None else list(KINDS["R3"].check(params, Decimal(5)))
    assert bool(messages) == bool(complaint)
    assert complaint is None or any(complaint in m for m in messages)


def test_sound_rules_have_no_problems() -> None:
    assert find_problems(RulesInPlan(SOUND, UNITS, TARGETS)) == ()


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"weight": "62"}, "weights", "“乡镇”各项分值合计 102，应为 100，多 2。"),
        ({"weight": "58"}, "weights", "“乡镇”各项分值合计 98，应为 100，少 2。"),
        ({"units": ("甲镇",)}, "weights", "“乙镇”各项分值合计 40，应为 100，少 60。"),
        ({"number": "2"}, "duplicate_number", "评分项目编号“2”重复 2 次，请改正。"),
        ({"groups": ("街道",)}, "unknown_group", "没有分组“街道”，请改正。"),
        ({"units": ("丙镇",)}, "unknown_unit", "没有参加考核的单位“丙镇”，请改正。"),
        ({"groups": ()}, "nobody", "没有填写考核分组或适用单位，请补上。"),
        ({"indicator": None}, "no_indicator", "评分方法 R7 需要对应指标，请填写指标序号。"),
        ({"indicator": "8"}, "unknown_indicator", "目标任务分解表中没有指标“8”，请改正。"),
        ({"kind": "R4", "params": {}, "indicator": "4"}, "misfit", "目标“≤3件”不能按完成率计分，请改用其他评分方法。"),
        ({"missing": "base"}, "no_base", "缺项得基本分，请填写基本分。"),
        ({"base": "3"}, "unused_base", "缺项处理不是“得基本分”，请清空基本分。"),
        ({"missing": "base", "base": "61"}, "base", "基本分应在 0 至 60 分之间，请改正。"),
        ({"kind": "R16", "params": {}}, "params", "迟报、漏报、退回、空报的扣分都没有填写，请至少填写一项。"),
        ({"kind": "R8", "params": {"deduction": 1, "lowest": 70}}, "params", "最低分 70 高于本项分值 60，请改正。"),
    ],
)
def test_what_an_import_reports(changes: dict[str, Any], code: str, message: str) -> None:
    data = json.loads(SOUND.canonical_json())
    data["items"][0] |= changes
    found = find_problems(RulesInPlan(RuleSetDoc.model_validate(data), UNITS, TARGETS))
    assert (code, message) in {(f.code, f.message) for f in found}


def test_grades_and_merits_are_checked_too() -> None:
    data = json.loads(SOUND.canonical_json())
    data["grades"] = [["A", "90"], ["A", "60"]]
    data["merits"][0]["points"] = "0"
    messages = {f.message for f in find_problems(RulesInPlan(RuleSetDoc.model_validate(data), UNITS, TARGETS))}
    assert messages == {
        "等级名称“A”重复 2 次，请改正。",
        "60 分以下没有等级，最低一级的分数线应为 0。",
        "加减分分值不能为 0，请改正。",
    }

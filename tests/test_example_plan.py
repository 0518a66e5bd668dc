"""The example county: the committed workbook is what its script makes, and its figures are the notice's."""

import importlib.util
import re
import shutil
import subprocess
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest

from cycle.plan import export_plan, import_plan
from documents.plan_workbook import load_plan, read_plan
from documents.plan_writer import write_plan
from models.enums import Frequency, Role, Split, TargetForm, UnitKind
from models.record import open_record
from rules.plan import Plan, assessed_units
from rules.plan_rule_checks import applies
from rules.scoring import MissingTreatment

EXAMPLE = Path(__file__).parents[1] / "examples" / "county"
FILE = EXAMPLE / "plan.xlsx"

# what the notice asks for: a word that singles the indicator out, the figure, its measure
NUMERIC_TARGETS = (
    ("质量、环境管理体系认证", "50", "%"), ("主导产业产品监督抽查", "95", "%"), ("不合格企业整改率", "100", "%"),
    ("获证率", "100", "%"), ("食品监督抽查", "95", "%"), ("药品", "95", "%"), ("国际或国外先进标准", "85", "%"),
    ("三体系认证", "15", "家"), ("省级优质工程", "2", "项"), ("交验合格率", "100", "%"), ("节能达标", "100", "%"),
    ("第三产业", "40", "%"), ("旅游接待人次", "500", "万人次"), ("旅游人均消费", "500", "元"),
    ("旅游总收入", "25", "亿元"),
    ("4A级", "3", "个"), ("五星级", "1", "家"), ("废水处理率", "100", "%"), ("空气质量优良天数", "90", "%"),
    ("重大科技专项", "8", "个"), ("培育创新型企业", "4", "家"), ("国家、行业标准", "2", "项"), ("地方标准", "5", "个"),
    ("标准化良好行为", "4", "家"), ("标准创新型企业", "1", "家"), ("服务业标准化试点", "1", "个"),
    ("农业标准化项目", "5", "个"), ("市名牌", "17", "只"), ("省名牌", "7", "只"), ("驰名商标", "1", "只"),
)  # fmt: skip

NOW_CALLED = (
    ("质监局", "市场监管局"), ("工商局", "市场监管局"), ("食品药品监管局", "市场监管局"), ("环保局", "生态环境局"),
    ("建设局", "住房和城乡建设局"), ("农业局", "农业农村局"), ("旅游局", "文化和广电旅游体育局"),
    ("交通局", "交通运输局"),
    ("科技局", "科学技术局"), ("发改局", "发展和改革局"), ("科协", "科学技术协会"),
    ("消费者协会", "消费者权益保护委员会"),
)  # fmt: skip


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan(FILE).plan


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_plan", EXAMPLE / "make_plan.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_workbook_is_what_the_script_makes(script: ModuleType, tmp_path: Path) -> None:
    write_plan(script.plan(), tmp_path / "plan.xlsx")
    assert (tmp_path / "plan.xlsx").read_bytes() == FILE.read_bytes(), "run examples/county/make_plan.py"


def test_it_has_no_problems_and_reads_back_whole(script: ModuleType, plan: Plan) -> None:
    assert read_plan(FILE).problems == ()
    assert plan == script.plan()


@pytest.mark.parametrize(("word", "value", "measure"), NUMERIC_TARGETS)
def test_every_numeric_target_of_the_notice(plan: Plan, word: str, value: str, measure: str) -> None:
    (indicator,) = [i for i in plan.indicators if word in i.name]
    assert (indicator.form, indicator.value, indicator.measure) == (TargetForm.AT_LEAST, Decimal(value), measure)


def test_targets_of_the_other_forms(plan: Plan) -> None:
    forms = {i.name: i.form for i in plan.indicators}
    assert forms["区域性质量问题"] is TargetForm.ZERO
    assert forms["一般产品国家监督抽查合格率"] is TargetForm.ABOVE_AVERAGE
    assert forms["公共检测服务平台"] is TargetForm.EXISTS
    assert forms["地表水达到Ⅲ类标准"] is TargetForm.QUALITATIVE


@pytest.mark.parametrize(("former", "present"), NOW_CALLED)
def test_departments_are_called_as_they_are_now(plan: Plan, former: str, present: str) -> None:
    assert [u.name for u in plan.units if former in u.former] == [present]


def test_two_groups_of_units_under_one_county(plan: Plan) -> None:
    groups = {
        kind: [u for u in assessed_units(plan) if u.kind is kind] for kind in (UnitKind.DEPARTMENT, UnitKind.TOWN)
    }
    assert (len(groups[UnitKind.DEPARTMENT]), len(groups[UnitKind.TOWN])) == (23, 12)
    assert {u.group for u in groups[UnitKind.TOWN]} == {"乡镇"}
    assert [u.name for u in plan.units if not u.group] == ["示例市", "示例县"]


def test_contacts_are_roles_under_a_reserved_domain(plan: Plan) -> None:
    assert all(re.fullmatch(r"[a-z0-9.]+@example\.com", c.address) for c in plan.contacts)
    assert all(c.title.endswith(c.role.zh) for c in plan.contacts)
    assert [c.unit for c in plan.contacts if c.role is Role.COORDINATOR] == ["SCJG"]


def test_the_year_has_everything_the_system_can_do(plan: Plan) -> None:
    assert {r.kind for r in plan.rules} >= {"R1", "R3", "R4", "R7", "R8", "R16"}
    assert {r.missing for r in plan.rules} == set(MissingTreatment)
    assert {i.split for i in plan.indicators} == set(Split)
    assert {i.frequency for i in plan.indicators} == set(Frequency)
    assert {i.supplier for i in plan.indicators} == {"", "TJJ", "SCJG"}
    names = " ".join(i.name for i in plan.indicators if i.frequency is Frequency.ONCE)
    assert all(word in names for word in ("质量月", "3·15", "年度质量工作报告"))
    assert next(i for i in plan.indicators if i.name == "质量培训次数").value == 2


def test_judged_items_name_a_scorer_who_is_somebody_else(plan: Plan) -> None:
    for rule in (r for r in plan.rules if ("条件", "评判") in r.params):
        assert rule.scorer
        assert not any(applies(rule, u) and u.code == rule.scorer for u in plan.units)


def test_its_readme_counts_what_is_there(plan: Plan) -> None:
    said = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    assert f"{len(plan.indicators)} indicators, {len(plan.rules)} items" in said


def test_exporting_it_gives_it_back(plan: Plan, sqlite_url: str) -> None:
    record = open_record(sqlite_url)
    with record.writing() as session:
        import_plan(session, plan, digest="0" * 64, by="质强办", today=date(2026, 1, 5))
    with record.reading() as session:
        assert export_plan(session, "2026") == plan
    record.close()


@pytest.mark.skipif(shutil.which("soffice") is None, reason="缺少 LibreOffice，请先安装：apt install libreoffice-calc")
def test_saved_by_another_office_program_it_is_the_same_plan(plan: Plan, tmp_path: Path) -> None:
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        "xlsx:Calc MS Excel 2007 XML",
        "--outdir",
        str(tmp_path),
        str(FILE),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    saved = read_plan(tmp_path / "plan.xlsx")
    assert saved.problems == ()
    assert saved.plan == plan

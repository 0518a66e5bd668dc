"""The command line: every command answers, in Chinese; refusals are messages with an exit code; acts go end to end."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select
from typer.testing import CliRunner, Result

from cli.main import COMMANDS, app, load
from cycle.decomposition import send_draft
from cycle.lookup import find_cycle, find_unit
from cycle.obligations import open_what_is_due
from cycle.reporting import Filed, file_report
from models import Letter, Order, Refused
from models.enums import LetterState, OrderState, ReportNature
from models.record import Record, open_record
from tests.builders import add_county, add_cycle, add_indicator, add_milestones, add_town, ask, sign

ZHIQIANG = Path(sys.executable).with_name("zhiqiang")
HAN = re.compile(r"[\u4e00-\u9fff]")
SIGNED = "2026-01-20"


def call(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def done(*words: str) -> str:
    """Run a command that must be carried out, and return what it printed."""
    result = call(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*words: str, code: int = 1) -> str:
    """Run a command that must be refused, and return the message."""
    result = call(*words)
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert "Traceback" not in result.stderr
    assert HAN.search(result.stderr)
    return result.stderr


def rows(*words: str) -> list[dict[str, Any]]:
    found = json.loads(done(*words, "--json"))
    assert isinstance(found, list)
    return found


# ---- help ----


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_in_chinese(name: str) -> None:
    explains_itself(name)
    for below in getattr(load(name), "commands", {}):
        explains_itself(name, below)


def explains_itself(*words: str) -> None:
    text = done(*words, "--help")
    assert re.match(rf"用法：\S+ {' '.join(words)} ", text), text
    assert HAN.search(text.split("\n\n")[1]), f"no Chinese description: {text}"
    for line in text.splitlines():
        assert not re.match(r"  --[\w-]+", line) or HAN.search(line), f"an option without a word of Chinese: {line}"
    assert not re.search(r"Usage|Options|Arguments|Commands|Show this|completion", text)


def test_every_command_is_in_the_help() -> None:
    text = done("--help")
    for name, entry in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(entry.help)}$", text, re.MULTILINE), name


def test_the_help_loads_neither_prefect_nor_the_database() -> None:
    code = (
        "import sys\nfrom cli.main import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit as end:\n    assert not end.code\n"
        "print(sorted(m for m in ('prefect', 'sqlmodel', 'sqlalchemy', 'pydantic', 'openpyxl') if m in sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert done("--version").strip() == version("zhiqiang")


# ---- exit codes ----


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nonsense",), "没有命令“nonsense”"),
        (("order", "issue"), "缺少参数 matter"),
        (("order", "issue", "a", "b"), "多余的参数：b"),
        (("order", "issue", "a", "--foo"), "没有选项 --foo"),
        (("order", "issue", "a", "--due"), "选项 --due 后面须写明内容"),
        (("review", "return", "a", "--due", "2026-04-17"), "缺少选项 --reason"),
        (("audit", "list", "--last", "many"), "--last 应填数字"),
    ],
)
def test_wrong_usage_is_2_and_says_what_is_wrong(home: Path, words: tuple[str, ...], said: str) -> None:
    assert said in refused(*words, code=2)


def test_a_command_group_without_a_command_shows_its_help(home: Path) -> None:
    assert "命令：" in refused("order", code=2)


def test_a_refusal_is_1_with_its_message_alone(home: Path) -> None:
    run = subprocess.run([ZHIQIANG, "letter", "list"], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == "请用 --cycle 指明考核周期。目前没有未结束的考核周期，请先导入计划。\n"


def test_a_bug_keeps_its_traceback(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("cli.targets.list_letters", broken)
    with open_record().writing() as session:
        add_county(session)
    assert isinstance(call("letter", "list").exception, ZeroDivisionError)


def test_a_file_that_is_no_database_is_a_refusal(home: Path) -> None:
    home.mkdir()
    (home / "zhiqiang.db").write_bytes(b"x" * 5000)
    assert "不是质强的数据库" in refused("letter", "list")


@pytest.mark.parametrize("url", ["mysql://office@127.0.0.1/zhiqiang", "postgresql+asyncpg://127.0.0.1/z", "nonsense"])
def test_only_two_kinds_of_database_are_known(home: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("ZHIQIANG_DATABASE_URL", url)
    assert "请检查环境变量 ZHIQIANG_DATABASE_URL" in refused("letter", "list")


def test_a_folder_that_cannot_be_made_is_a_refusal(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.write_text("a file where the folder should be")
    assert "文件夹无法建立" in refused("letter", "list")


@pytest.mark.parametrize("driver", ["postgresql", "postgresql+psycopg"])
def test_an_unreachable_database_is_a_refusal(home: Path, monkeypatch: pytest.MonkeyPatch, driver: str) -> None:
    monkeypatch.setenv("ZHIQIANG_DATABASE_URL", f"{driver}://office:secret@127.0.0.1:9/zhiqiang")
    message = refused("letter", "list")
    assert "连接不上" in message and "secret" not in message


# ---- which cycle, which day, who ----


@pytest.fixture
def record(home: Path) -> Iterator[Record]:
    """The configured record: a county whose town has been sent two draft targets."""
    opened = open_record()
    with opened.writing() as session:
        place = add_county(session)
        add_milestones(session, place.cycle, self_check_due=date(2026, 7, 3), supervision_on=date(2026, 7, 9))
        for number in ("1", "2"):
            ask(session, add_indicator(session, place.cycle, number), place.town, "20")
        add_town(session, place, "t2", "乙镇")
        send_draft(session, place.cycle, place.town, by="系统", today=date(2026, 1, 5))
    yield opened
    opened.close()


@pytest.fixture
def signed(home: Path) -> Iterator[Record]:
    """The configured record: the town and 乙镇 have signed their letters and the first quarter may be filed."""
    opened = open_record()
    with opened.writing() as session:
        place = add_county(session)
        add_milestones(session, place.cycle, supervision_on=date(2026, 7, 9))
        second = add_town(session, place, "t2", "乙镇")
        for number, unit in (("1", place.town), ("2", place.town), ("3", second)):
            ask(session, add_indicator(session, place.cycle, number), unit, "20")
        for unit in (place.town, second):
            sign(session, place.cycle, unit, date.fromisoformat(SIGNED))
        open_what_is_due(session, place.cycle, today=date(2026, 4, 1))
    yield opened
    opened.close()


def file(record: Record, number: str, figure: int, day: date = date(2026, 4, 8)) -> str:
    key = f"report/town/{number}/2026Q1"
    with record.writing() as session:
        cycle = find_cycle(session, "2026")
        file_report(session, cycle, key, Filed(ReportNature.VALUE, Decimal(figure)), by="联络员", today=day)
    return key


def test_the_only_open_cycle_is_meant_and_of_two_one_must_be_named(record: Record) -> None:
    assert rows("unit", "list") == rows("unit", "list", "--cycle", "2026")
    with record.writing() as session:
        add_cycle(session, find_unit(session, "county"), "2027", starts=date(2027, 1, 1), ends=date(2027, 12, 31))
    assert "未结束的周期有：2026、2027" in refused("unit", "list")
    assert "没有代码为“2025”的考核周期" in refused("unit", "list", "--cycle", "2025")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("letter", "issue", "town", "--today", "2026/1/20"), "日期“2026/1/20”无法识别"),
        (("letter", "issue", "丙镇"), "没有名为“丙镇”的单位"),
        (("target", "adjust", "town", "1", "约20", "--reason", "调整"), "“约20”不是数值"),
        (("target", "adjust", "town", "1", "NaN", "--reason", "调整"), "“NaN”不是数值"),
        (("draft", "file", "town", "1", "--by", " "), "经办人须写明"),
        (
            ("order", "draft", "town", "m", "--title", "事", "--basis", "据", "--level", "绿牌"),
            "可选：蓝牌、黄牌、红牌",
        ),
        (("contact", "change", "town", "镇长", "--title", "甲", "--address", "a@example.com"), "角色“镇长”无法识别"),
        (("draft", "decide", "town", "全部", "--value", "3"), "须逐项办理"),
        (("review", "return", "nothing", "--reason", "误", "--due", "2099-04-17"), "没有编号为“nothing”"),
        (("unit", "merge", "town", "town", "--reason", "调整"), "不能并入自身"),
    ],
)
def test_bad_input_is_refused_with_what_to_do(record: Record, words: tuple[str, ...], said: str) -> None:
    before = done("audit", "list")
    assert said in refused(*words)
    assert done("audit", "list") == before


# ---- the office at work ----


def test_from_the_filing_to_the_signed_letter(record: Record) -> None:
    day = ("--today", SIGNED)
    done("draft", "file", "甲镇", "1", "--last-year", "18", "--q2", "10", "--q4", "20", "--by", "联络员", *day)
    done("draft", "file", "town", "2", "--objection", "景区停业", "--proposed", "18", *day)
    assert [(r["序号"], r["状态"]) for r in rows("draft", "list")] == [("1", "已备案待审"), ("2", "有异议待审")]
    assert done("draft", "decide", "town", "全部", *day) == "已办理 1 项。\n"
    done("draft", "decide", "town", "2", "--value", "18", "--reason", "属实", *day)
    assert done("letter", "issue", "town", *day) == "已印发 示质强办〔2026〕1号。\n"
    assert done("letter", "acknowledge", "甲镇", *day) == "示质强办〔2026〕1号 已签收。\n"
    assert done("target", "adjust", "town", "1", "19", "--reason", "洪灾", *day) == (
        "目标已调整，责任书换发为 示质强办〔2026〕2号。\n"
    )
    assert [(r["文号"], r["状态"]) for r in rows("letter", "list")] == [
        ("示质强办〔2026〕1号", "已被替代"),
        ("示质强办〔2026〕2号", "已印发"),
    ]
    with record.reading() as session:
        assert session.exec(select(Letter.state).where(Letter.version == 2)).one() is LetterState.ISSUED


def test_a_batch_of_which_some_are_refused_is_3_and_the_good_ones_are_done(signed: Record) -> None:
    one, two = file(signed, "1", 5), file(signed, "2", 6)
    assert json.loads(done("review", "list", "--json")) == [one, two]
    message = refused("review", "accept", one, "report/town/9/2026Q1", two, "--today", "2026-04-10", code=3)
    assert "已办理 2 项，1 项未办理" in message and "“report/town/9/2026Q1”：" in message
    assert rows("review", "list") == []
    assert "2 项均未办理" in refused("review", "accept", one, two, "--today", "2026-04-10")


def test_review_and_extension(signed: Record) -> None:
    key, other = file(signed, "1", 5), "report/town/2/2026Q1"
    done("review", "return", key, "--reason", "口径有误", "--due", "2026-04-14", "--today", "2026-04-09")
    assert "没有待审的填报" in refused("review", "accept", key)
    done("extension", "apply", other, "--until", "2026-04-22", "--reason", "年审未出", "--today", "2026-04-13")
    assert [(r["编号"], r["申请延至"]) for r in rows("extension", "list")] == [(other, "2026-04-22")]
    done("extension", "decide", other, "--until", "2026-04-20", "--today", "2026-04-13")
    done("extension", "recall", other, "--reason", "已具备条件", "--today", "2026-04-14")
    assert rows("extension", "list") == []
    assert "没有可收回的延期" in refused("extension", "recall", other, "--reason", "再收", "--today", "2026-04-14")


def test_one_report_by_command(signed: Record, tmp_path: Path) -> None:
    key, proof = "report/town/1/2026Q1", tmp_path / "凭证.pdf"
    proof.write_bytes(b"%PDF")
    day = ("--today", "2026-04-08")
    assert "找不到佐证文件" in refused("report", "file", key, "--value", "5", "--evidence", "没有.pdf", *day)
    assert "量化指标" in refused("report", "file", key, "--text", "正在推进", *day)
    assert "不是数值" in refused("report", "file", key, "--value", "五", *day)
    assert "未写理由" in refused("report", "file", key, "--nature", "零报告", *day)
    assert "第 1 次" in done("report", "file", key, "--value", "5", "--evidence", str(proof), *day)
    done("review", "accept", key, *day)
    assert "更正" in refused("report", "file", key, "--value", "6", *day)
    done("report", "file", key, "--value", "6", "--correction", "--reason", "漏计一项", *day)


def test_an_order_from_draft_to_closure_and_the_circular(signed: Record) -> None:
    day = ("--today", "2026-07-10")
    draft = ("order", "draft", "town", "m", "--title", "进度落后", "--basis", "半年督查", "--level", "红牌", *day)
    assert done(*draft) == done(*draft) == "督办事项 m 当前为“拟稿”。\n"
    done("order", "issue", "m", "--due", "2026-07-24", *day)
    done("order", "acknowledge", "示质强办〔2026〕3号", *day)
    done("order", "answer", "m", "--answer", "已制定方案", *day)
    done("order", "return", "m", "--reason", "太笼统", "--due", "2026-07-31", *day)
    done("order", "answer", "m", "--answer", "月底完成", *day)
    done("order", "close", "m", *day)
    (row,) = rows("order", "list")
    assert (row["文号"], row["等级"], row["状态"], row["逾期"]) == ("示质强办〔2026〕3号", "红牌", "已销号", "否")
    assert done("circular", "issue", *day) == "已印发督查通报（第 1 期）。\n"
    assert "已经印发" in refused("circular", "issue", *day)
    with signed.reading() as session:
        assert session.exec(select(Order.state)).one() is OrderState.CLOSED


def test_institutions_and_people(signed: Record) -> None:
    change = (
        "contact",
        "change",
        "乙镇",
        "联络员",
        "--title",
        "主任",
        "--address",
        "z@example.com",
        "--today",
        "2026-06-01",
    )
    assert (done(*change), done(*change)) == ("联络人已变更。\n", "联络人没有变化。\n")
    assert {(r["单位"], r["地址"]) for r in rows("contact", "list", "--today", "2026-06-01")} >= {
        ("乙镇", "z@example.com")
    }
    done("unit", "merge", "甲镇", "t2", "--reason", "区划调整", "--today", "2026-07-01")
    assert {r["单位"]: r["停用"] for r in rows("unit", "list")}["甲镇"] == "2026-07-01"
    assert [r["单位"] for r in rows("letter", "list")] == ["甲镇", "乙镇", "乙镇"]


def test_the_trail_is_listed_and_verified(signed: Record) -> None:
    total = len(rows("audit", "list", "--last", "999"))
    assert done("audit", "verify") == f"留痕完整，共 {total} 条。\n"
    assert [r["行为"] for r in rows("audit", "list", "--last", "1")] == ["open_windows"]


def test_doctor_says_what_is_there_and_what_is_only_assumed(record: Record) -> None:
    with record.writing() as session:
        add_cycle(session, find_unit(session, "county"), "2027", starts=date(2027, 1, 1), ends=date(2027, 12, 31))
    text = done("doctor")
    assert "2027 年为推定" in text


def test_init_may_be_repeated(home: Path) -> None:
    for _ in range(2):
        assert str(home) in done("init")
    assert (home / "inbox").is_dir()


def test_square_brackets_are_text(record: Record) -> None:
    """A table prints what is on record, whatever signs it holds."""
    done("order", "draft", "town", "m", "--title", "[red]落后[/red]", "--basis", "据", "--today", SIGNED)
    assert "[red]" in done("order", "list")


def test_refusals_of_a_batch_name_each_reason() -> None:
    from cli.context import each

    def act(_record: Record, subject: str) -> None:
        raise Refused(f"{subject}不行")

    with pytest.raises(Refused, match="甲不行"):
        each(["甲"], act)

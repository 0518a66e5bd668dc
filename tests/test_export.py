"""From the record to the folder an office hands on: every paper, the scores, who received what, and a way through."""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import docx
import openpyxl
import pytest
from sqlmodel import Session, select
from typer.testing import CliRunner

from cli.export import app
from cycle.exporting import Exported, export_all, export_circulars, export_letters, export_orders, export_scores
from cycle.lookup import find_cycle
from documents.examples import LETTER, MIDYEAR, RESULT
from documents.facts import to_json
from models import (
    Assessment,
    Circular,
    Contact,
    Cycle,
    Delivery,
    Letter,
    Mark,
    Message,
    Order,
    OrderAnswer,
    PartlyRefused,
    Recipient,
    Refused,
    RuleSet,
    ScoreLine,
    Unit,
    UnitName,
    UnitResult,
)
from models.enums import (
    AssessmentState,
    CircularKind,
    Decision,
    LetterState,
    MarkColumn,
    MessageState,
    OrderLevel,
    OrderState,
    Role,
)
from models.record import Record, open_record
from rules.grading import DEFAULT_BANDS
from rules.scoring import Item, Line, RuleSetDoc
from tests.builders import County, add_contact, add_county

TODAY = date(2027, 3, 12)
FROZEN = date(2027, 3, 1)


@pytest.fixture
def record(database_url: str) -> Iterator[Record]:
    """A county's year that has been published: papers, an order that was returned once, scores, messages."""
    opened = open_record(database_url)
    with opened.writing() as session:
        county = add_county(session)
        for add in (add_letters, add_order, add_circulars, add_scores, add_messages):
            add(session, county)
    yield opened
    opened.close()


def add_letters(session: Session, c: County) -> None:
    """The farming bureau's letter was replaced once; the town's is still a draft."""
    for unit, name, version, number, state in (
        (c.market, "市场监管局", 1, 1, LetterState.ACKNOWLEDGED),
        (c.farming, "农业农村局", 1, 2, LetterState.SUPERSEDED),
        (c.farming, "农业农村局", 2, 9, LetterState.ISSUED),
        (c.town, "甲镇", 1, 0, LetterState.DRAFT),
    ):
        label = f"示质强办〔2026〕{number}号" if number else ""
        content = to_json(LETTER) | {"unit": name, "label": label, "version": version, "reason": "任务调整"}
        session.add(
            Letter(
                cycle_id=c.cycle.id,
                unit_id=unit.id,
                version=version,
                state=state,
                label=label,
                content=content if number else {},
                reason="任务调整" if version > 1 else "",
                acknowledged_on=date(2026, 3, 9) if state is LetterState.ACKNOWLEDGED else None,
            )
        )


def add_order(session: Session, c: County) -> None:
    common: dict[str, Any] = {"cycle_id": c.cycle.id, "unit_id": c.town.id, "drafted_on": date(2026, 7, 17)}
    order = Order(
        **common, matter="midyear/town/1", title="合格率欠序时", basis="半年督查", level=OrderLevel.YELLOW, late=True,
        state=OrderState.CLOSED, label="示质强办〔2026〕12号", issued_on=date(2026, 7, 20), due_on=date(2026, 8, 3),
        closed_on=date(2026, 8, 10),
    )  # fmt: skip
    draft = Order(**common, matter="midyear/town/2", title="拟稿", basis="半年督查", due_on=date(2026, 8, 3))
    session.add_all([order, draft])
    session.flush()
    for version, answer, decision, reason in (
        (1, "正在整改", Decision.RETURN, "未写明结果"),
        (2, "已复检合格", Decision.ACCEPT, ""),
    ):
        session.add(
            OrderAnswer(
                order_id=order.id,
                version=version,
                answer=answer,
                answered_by="联络员",
                answered_on=date(2026, 8, version),
                decision=decision,
                reason=reason,
                decided_by="质强办",
                decided_on=date(2026, 8, version + 2),
            )
        )


def add_circulars(session: Session, c: County) -> None:
    for kind, period, facts, day in (
        (CircularKind.MIDYEAR, "H1", MIDYEAR, MIDYEAR.issued_on),
        (CircularKind.RESULT, "published", RESULT, RESULT.published_on),
    ):
        session.add(
            Circular(
                cycle_id=c.cycle.id, kind=kind, period=period, label=facts.label, content=to_json(facts), issued_on=day
            )
        )


ITEM = {"number": "1", "title": "宣传活动", "weight": "100", "kind": "R1", "params": {"condition": "judged"}}


def add_scores(session: Session, c: County) -> None:
    """One item; the farming bureau's line was corrected after an appeal."""
    item = Item.model_validate(ITEM | {"groups": ["部门", "乡镇"]})
    doc = RuleSetDoc(items=(item,), grades=DEFAULT_BANDS)
    rules = RuleSet(
        cycle_id=c.cycle.id, document=doc.canonical_json(), sha256=doc.sha256(), effective_on=c.cycle.starts
    )
    session.add(rules)
    session.flush()
    assessment = Assessment(
        cycle_id=c.cycle.id, state=AssessmentState.PUBLISHED, rule_set_id=rules.id, frozen_on=FROZEN,
        published_on=date(2027, 3, 10),
    )  # fmt: skip
    session.add(assessment)
    session.flush()
    for unit, group, version, points, grade, rank, day in (
        (c.market, "部门", 1, "96.5", "A", 1, FROZEN),
        (c.farming, "部门", 1, "70", "C", 2, FROZEN),
        (c.farming, "部门", 2, "96.5", "A", 1, date(2027, 3, 11)),
        (c.town, "乡镇", 1, "88.25", "B", 1, FROZEN),
    ):
        shared: dict[str, Any] = {"assessment_id": assessment.id, "unit_id": unit.id, "version": version}
        line = Line(
            item="1",
            title="宣传活动",
            points=Decimal(points),
            exact=Fraction(points),
            full=Decimal(100),
            rule="R1 达标得分",
            inputs=(("目标", "定性评价"), ("完成值", "无")),
            arithmetic=("评分单位评判",),
            scorer="市场监管局",
        )
        session.add(
            ScoreLine(
                **shared, item="1", points=Decimal(points), full_points=Decimal(100), explanation=line.to_json(),
                reason="申诉成立" if version > 1 else "", decided_on=day,
            )
        )  # fmt: skip
        said = {"exact": points, "arithmetic": [f"各项得分合计：{points}"], "basis": "按公布的总分评定等级"}
        session.add(
            UnitResult(
                **shared, group_name=group, points=Decimal(points), grade_by_score=grade, grade=grade, rank=rank,
                explanation=said, decided_on=day,
            )
        )  # fmt: skip
    session.add(
        Mark(
            cycle_id=c.cycle.id, unit_id=c.town.id, item="1", mark_column=MarkColumn.VERIFIED, giver_id=c.market.id,
            given_by="评分员", points=Decimal("88.25"), reason="一次活动无记录", given_on=date(2027, 2, 1),
        )
    )  # fmt: skip


def add_messages(session: Session, c: County) -> None:
    """The town's liaison officer changed in May; the new one acts for the farming bureau, too."""
    first = session.exec(select(Contact).where(Contact.unit_id == c.town.id, Contact.role == Role.LIAISON)).one()
    first.valid_to = date(2026, 5, 1)
    second = add_contact(session, c.town, since=date(2026, 5, 1), address="second@town.example.com")
    add_contact(session, c.farming, Role.DEPUTY, "second@town.example.com", since=date(2026, 6, 1))
    for number, (contact, day, text) in enumerate(
        (
            (first, date(2026, 4, 1), "请报送一季度情况 <填报>"),
            (first, date(2026, 3, 2), "请签收责任书"),
            (second, date(2026, 7, 1), "请报送二季度情况"),
        )
    ):
        delivery = Delivery(
            contact_id=contact.id, address=contact.address, day=day, title=f"{day.month}月提醒",
            body=f"{text}\n截止日期见工作簿。", answer="已受理",
            sent_at=datetime(2026, 1, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai")),
        )  # fmt: skip
        session.add(delivery)
        session.flush()
        message = Message(
            cycle_id=c.cycle.id, key=f"k{number}", unit_id=c.town.id, role=Role.LIAISON, kind="reminder", line=text,
            queued_on=day, state=MessageState.SENT, delivery_id=delivery.id,
        )  # fmt: skip
        session.add(message)
        session.flush()
        session.add(Recipient(message_id=message.id, address=contact.address, delivery_id=delivery.id))


def cycle_of(session: Session) -> Cycle:
    return find_cycle(session, "2026")


def exported(record: Record, out: Path) -> tuple[Exported, ...]:
    with record.reading() as session:
        return export_all(session, cycle_of(session), out, today=TODAY)


def words(path: Path) -> str:
    paper = docx.Document(str(path))
    cells = (cell.text for table in paper.tables for row in table.rows for cell in row.cells)
    return "\n".join([*(p.text for p in paper.paragraphs), *cells])


class Links(HTMLParser):
    """What a page leads to, and whether it needs anything from outside."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.targets: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.targets += [value for name, value in attrs if name in ("href", "src") and value]


def test_the_folder_holds_a_file_for_each_paper(record: Record, tmp_path: Path) -> None:
    files = exported(record, tmp_path)
    assert [f.path for f in files] == [
        "责任书/市场监管局_示质强办〔2026〕1号.docx",
        "责任书/农业农村局_示质强办〔2026〕2号.docx",
        "责任书/农业农村局_示质强办〔2026〕9号.docx",
        "督办单/示质强办〔2026〕12号_甲镇.docx",
        "通报/督查通报（第 1 期）.docx",
        "通报/考核结果通报_示例质强办〔2027〕8号.docx",
        "通知/003_农业农村局分管领导.html",
        "通知/009_甲镇联络员.html",
        "成绩册/示例县2026年度质量工作考核成绩册.xlsx",
        "index.html",
    ]
    written = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert {w for w in written if not w.startswith("record.")} == {f.path for f in files}


def test_every_link_leads_to_a_file_and_nothing_comes_from_outside(record: Record, tmp_path: Path) -> None:
    files = exported(record, tmp_path)
    pages = [f.path for f in files if f.path.endswith(".html")]
    reached = set()
    for page in pages:
        links = Links((tmp_path / page).read_text(encoding="utf-8"))
        assert not links.tags & {"script", "link", "img", "iframe"}
        assert all(not urlsplit(target).scheme for target in links.targets)
        targets = [(tmp_path / page).parent / unquote(target) for target in links.targets]
        assert [t for t in targets if not t.is_file()] == []
        reached |= {t.resolve().relative_to(tmp_path.resolve()).as_posix() for t in targets}
    assert reached == {f.path for f in files}


def test_the_index_lists_units_by_rank_with_their_letters(record: Record, tmp_path: Path) -> None:
    exported(record, tmp_path)
    rows = table_rows((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert rows[:5] == [
        ["名次", "单位", "得分", "等级", "责任书", "备注"],
        ["1", "市场监管局", "96.50", "A", "示质强办〔2026〕1号（已签收）", ""],
        ["1", "农业农村局", "96.50", "A", "示质强办〔2026〕2号（已被替代）示质强办〔2026〕9号（已印发）", ""],
        ["名次", "单位", "得分", "等级", "责任书", "备注"],
        ["1", "甲镇", "88.25", "B", "—", ""],
    ]
    assert ["甲镇联络员（联络员岗位，2026-01-01 至 2026-05-01）", "liaison@town.example.com", "2 份"] in rows
    assert ["甲镇主要领导（主要领导岗位，2026-01-01 起）", "head@town.example.com", "0 份"] in rows
    both = "农业农村局分管领导（分管领导岗位，2026-06-01 起）甲镇联络员（联络员岗位，2026-05-01 起）"
    assert [both, "second@town.example.com", "1 份"] in rows


def table_rows(page: str) -> list[list[str]]:
    """The words of every table row, cell by cell."""
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    cells = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in rows]
    return [[unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row] for row in cells]


def test_a_contact_reads_what_came_in_order(record: Record, tmp_path: Path) -> None:
    exported(record, tmp_path)
    page = (tmp_path / "通知" / "009_甲镇联络员.html").read_text(encoding="utf-8")
    assert page.index("请签收责任书") < page.index("请报送一季度情况 &lt;填报&gt;")
    assert "2026年3月2日" in page
    assert "请报送二季度情况" not in page


def test_an_order_shows_its_course(record: Record, tmp_path: Path) -> None:
    with record.reading() as session:
        (order,) = export_orders(session, cycle_of(session), tmp_path)
    text = words(tmp_path / order.path)
    assert "2026年8月1日　正在整改" in text
    assert "2026年8月3日　退回补办：未写明结果" in text
    assert "2026年8月4日　同意销号" in text
    assert "2026年8月10日销号（逾期办结，逾期记录保留）" in text


def test_scores_are_those_of_their_day(record: Record, tmp_path: Path) -> None:
    """The correction of 11 March is in the workbook of 12 March and not in that of 10 March."""
    for day, points in ((date(2027, 3, 10), 70), (TODAY, 96.5)):
        with record.reading() as session:
            (file,) = export_scores(session, cycle_of(session), tmp_path, today=day)
        rows = openpyxl.load_workbook(BytesIO((tmp_path / file.path).read_bytes()))["成绩汇总"].values
        assert next(r[3] for r in rows if r[2] == "农业农村局") == points


def test_a_score_line_carries_the_marks(record: Record, tmp_path: Path) -> None:
    with record.reading() as session:
        (file,) = export_scores(session, cycle_of(session), tmp_path, today=TODAY)
    lines = list(openpyxl.load_workbook(tmp_path / file.path)["得分明细"].values)
    town = next(r for r in lines if r[1] == "甲镇")
    assert (town[8], town[11], town[12]) == (88.25, "评分单位评判；核定说明：一次活动无记录", "市场监管局")


def test_exporting_again_changes_nothing(record: Record, tmp_path: Path) -> None:
    first = {f.path: (tmp_path / f.path).read_bytes() for f in exported(record, tmp_path)}
    again = {f.path: (tmp_path / f.path).read_bytes() for f in exported(record, tmp_path)}
    assert first == again


def test_a_merged_unit_is_listed_with_where_it_went(record: Record, tmp_path: Path) -> None:
    with record.writing() as session:
        town = session.exec(select(Unit).where(Unit.code == "town")).one()
        town.valid_to, town.merged_into_id = date(2026, 9, 1), session.exec(
            select(Unit.id).where(Unit.code == "farming")
        ).one()  # fmt: skip
        session.exec(select(UnitName).where(UnitName.unit_id == town.id)).one().valid_to = date(2026, 9, 1)
        session.delete(session.exec(select(UnitResult).where(UnitResult.unit_id == town.id)).one())
    exported(record, tmp_path)
    rows = table_rows((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert ["—", "甲镇", "—", "—", "—", "2026-09-01 并入农业农村局"] in rows


def test_a_name_that_is_no_file_name_is_written_all_the_same(record: Record, tmp_path: Path) -> None:
    with record.writing() as session:
        letter = session.exec(select(Letter).where(Letter.version == 2)).one()
        letter.content = letter.content | {"unit": "../甲/乙:局"}
    with record.reading() as session:
        files = export_letters(session, cycle_of(session), tmp_path)
    assert files[-1].path == "责任书/.._甲_乙_局_示质强办〔2026〕9号.docx"
    assert (tmp_path / files[-1].path).is_file()


def test_before_anything_is_issued(sqlite_url: str, tmp_path: Path) -> None:
    """Without rules nothing can be scored: that is said, and the index is there all the same."""
    opened = open_record(sqlite_url)
    with opened.writing() as session:
        add_county(session)
    with opened.reading() as session:
        assert export_letters(session, cycle_of(session), tmp_path) == ()
        assert export_circulars(session, cycle_of(session), tmp_path) == ()
        with pytest.raises(Refused, match="尚无生效的评分细则"):
            export_scores(session, cycle_of(session), tmp_path, today=TODAY)
        with pytest.raises(PartlyRefused, match=r"其余 1 个文件已写入.*尚无生效的评分细则"):
            export_all(session, cycle_of(session), tmp_path / "all", today=TODAY)
    page = (tmp_path / "all" / "index.html").read_text(encoding="utf-8")
    assert "尚未印发通报，也没有成绩。" in page
    assert ["—", "甲镇", "—", "—", "—", ""] in table_rows(page)
    opened.close()


# ---- the command ----


@pytest.fixture
def at_home(home: Path) -> Path:
    """The record of the default home, with the same year."""
    opened = open_record()
    with opened.writing() as session:
        county = add_county(session)
        add_letters(session, county)
        add_scores(session, county)
    opened.close()
    return home


@pytest.mark.parametrize(
    ("what", "files"), [("letters", 3), ("orders", 0), ("circular", 0), ("scores", 1), ("messages", 0), ("all", 5)]
)
def test_the_command_writes_and_reports(at_home: Path, tmp_path: Path, what: str, files: int) -> None:
    day = ["--today", "2027-03-12"] if what in ("scores", "all") else []
    run = CliRunner().invoke(app, [what, "--cycle", "2026", "--out", str(tmp_path / "out"), "--json", *day])
    assert run.exit_code == 0, run.output
    said = json.loads(run.output)
    assert len(said["files"]) == files
    assert all((tmp_path / "out" / f["path"]).is_file() for f in said["files"])


def test_the_command_says_in_words_where_things_are(at_home: Path, tmp_path: Path) -> None:
    some = CliRunner().invoke(app, ["letters", "--out", str(tmp_path / "out")])
    none = CliRunner().invoke(app, ["orders", "--out", str(tmp_path / "out")])
    assert f"共 3 个文件，写入 {tmp_path / 'out'}。" in some.output
    assert "目前没有可以导出的内容。" in none.output

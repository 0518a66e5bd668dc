"""For the IT officer: setting up, checking the trail, checking the machine."""

import shutil
from importlib.metadata import version

import typer
from sqlalchemy import make_url
from sqlmodel import col, func, select

from cli.context import CycleOption, JsonOption, looking, opened, say, show_rows, show_table
from cycle.clock import today
from cycle.lookup import calendar, open_cycles
from cycle.trail import first_break
from models import AuditEntry, Cycle, Refused
from models.home import database_url, evidence_folder, home, inbox_folder, outbox_folder
from models.schema import head

audit = typer.Typer(help="留痕：清单、验证", no_args_is_help=True)


def init() -> None:
    """建立数据库和文件夹；已有的保持原样"""
    with opened():
        for folder in (home(), inbox_folder(), outbox_folder(), evidence_folder()):
            folder.mkdir(parents=True, exist_ok=True)
    say(f"已就绪。文件夹：{home()}；数据库：{_shown_url()}；报送收件夹：{inbox_folder()}。")


def _shown_url() -> str:
    return make_url(database_url()).render_as_string(hide_password=True)


@audit.command("list")
def audit_list(cycle: CycleOption = None, last: int = 50, as_json: JsonOption = False) -> None:
    """最近的留痕"""
    with looking(cycle) as (session, found):
        entries = session.exec(
            select(AuditEntry).where(AuditEntry.cycle_id == found.id).order_by(col(AuditEntry.id).desc()).limit(last)
        ).all()
        rows = [
            {"序号": e.id, "日期": e.day, "经办": e.actor, "行为": e.act, "对象": e.subject, "内容": e.detail}
            for e in entries[::-1]
        ]
    show_rows("留痕", rows, as_json)


@audit.command("verify")
def audit_verify() -> None:
    """验证留痕未被改动"""
    with opened() as record, record.reading() as session:
        total = session.exec(select(func.count()).select_from(AuditEntry)).one()
        broken = first_break(session)
    if broken is not None:
        raise Refused(f"留痕自第 {broken} 条起与前文不符，可能被改动。请立即停止使用并用备份比对。")
    say(f"留痕完整，共 {total} 条。")


def doctor() -> None:
    """检查运行环境，缺什么说明什么"""
    with opened() as record, record.reading() as session:
        rows = [
            ("质强版本", version("zhiqiang"), "正常"),
            ("文件夹", str(home()), "正常"),
            ("数据库", f"{_shown_url()}（表结构 {head()}）", "正常"),
            ("留痕", "验证", "正常" if first_break(session) is None else "被改动，请与备份比对"),
        ]
        for code in open_cycles(session):
            cycle = session.exec(select(Cycle).where(Cycle.code == code)).one()
            inferred = sorted(
                {day.year for day in (cycle.starts, cycle.ends, today()) if calendar(cycle).provisional(day)}
            )
            rows.append((f"周期 {code} 工作日历", "、".join(f"{y} 年为推定" for y in inferred) or "已公布", "正常"))
    soffice = shutil.which("soffice")
    rows.append(
        (
            "LibreOffice（生成 PDF 用）",
            soffice or "未安装",
            "正常" if soffice else "可选：apt install libreoffice-writer",
        )
    )
    show_table("运行环境", ["项目", "内容", "结论"], rows)

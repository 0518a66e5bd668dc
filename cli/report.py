"""`zhiqiang report`: the units' workbooks out and in, and the list of what is owed."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.context import CycleOption, JsonOption, TodayOption, day_of, looking, opened, say, show_json, show_table
from cli.filing import file_one
from cycle.intake import preview, report_refusals, take
from cycle.lookup import find_unit
from cycle.owed import list_owed
from cycle.taking import Taken
from cycle.unit_sheets import unit_folder, unit_workbooks, write_workbook
from models import Refused
from models.record import Record

app = typer.Typer(help="报送工作簿：模板、导入、清单；单项填报", no_args_is_help=True, add_completion=False)

app.command("file")(file_one)

UnitOption = Annotated[str | None, typer.Option("--unit", help="单位编码、现名或曾用名；不填为全部单位")]


@app.command("template")
def template(
    cycle: CycleOption = None,
    unit: UnitOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="放入此文件夹；默认放入各单位的发件文件夹")] = None,
    corrections: Annotated[bool, typer.Option("--corrections", help="连同已报送、可更正的事项")] = False,
    today: TodayOption = None,
    as_json: JsonOption = False,
) -> None:
    """生成各单位当天应填的报送工作簿"""
    with looking(cycle) as (session, found):
        codes = None if unit is None else (find_unit(session, unit).code,)
        workbooks = unit_workbooks(session, found, today=day_of(today), units=codes, corrections=corrections)
        code = found.code
    files = {key: write_workbook(facts, out or unit_folder(code, key)).path for key, facts in workbooks.items()}
    if as_json:
        show_json([{"unit": key, "file": str(path)} for key, path in files.items()])
    else:
        for key, path in files.items():
            say(f"{workbooks[key].unit_name}：{path}")
        if not files:
            say("没有需要填报的单位。")


@app.command("import")
def take_in(
    file: Annotated[Path, typer.Argument(help="填好的报送工作簿；佐证放在旁边的同名文件夹或“佐证”文件夹")],
    cycle: CycleOption = None,
    unit: Annotated[str | None, typer.Option("--unit", help="核对是否为此单位的工作簿")] = None,
    today: TodayOption = None,
    by: Annotated[str, typer.Option("--by", help="经办人，记入留痕；默认为该单位联络员")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不接收")] = False,
    as_json: JsonOption = False,
) -> None:
    """接收一份报送工作簿：逐行检查，能收的收下，不能收的连同原因写入退回的副本"""
    day = day_of(today)
    try:
        with opened() as record:
            code = None if unit is None else unit_code(record, unit)
            if dry_run:
                result = preview(record, file, today=day, cycle=cycle, unit=code).result
            else:
                result = take(record, file, today=day, by=by, cycle=cycle, unit=code)
        if as_json:
            show_json(as_plain(result))
        elif not result.problems:
            say(in_words(result, dry_run=dry_run))
        report_refusals(file, result, preview_only=dry_run)
    except Refused as refusal:
        if as_json and not refusal.problems:
            show_json({"file": file.name, "taken": 0, "problems": [{"message": refusal.message}]})
        raise


def unit_code(record: Record, unit: str) -> str:
    """Return the code of the unit that goes by this name."""
    with record.reading() as session:
        return find_unit(session, unit).code


def as_plain(result: Taken) -> dict[str, Any]:
    """Return what became of a file, for other programs."""
    plain = {name: getattr(result, name) for name in ("cycle", "unit", "taken", "unchanged", "again")}
    return {"file": result.name, **plain, "problems": [asdict(problem) for problem in result.problems]}


def in_words(result: Taken, *, dry_run: bool) -> str:
    """Return what became of a file of which nothing was refused."""
    if result.again:
        return f"“{result.name}”此前已接收（{result.unit_name}，{result.taken} 行），未重复记录。"
    done = "预检通过，可接收" if dry_run else "已接收"
    same = f"，另有 {result.unchanged} 行与已报内容相同" if result.unchanged else ""
    return f"“{result.name}”（{result.unit_name}）：{done} {result.taken} 行{same}。"


@app.command("list")
def owed(
    cycle: CycleOption = None,
    unit: UnitOption = None,
    everything: Annotated[bool, typer.Option("--all", help="连同已通过、未到填报期和已撤销的")] = False,
    today: TodayOption = None,
    as_json: JsonOption = False,
) -> None:
    """应报事项清单：谁、报什么、何时截止、到哪一步"""
    with looking(cycle) as (session, found):
        whose = None if unit is None else find_unit(session, unit)
        rows = list_owed(session, found, today=day_of(today), unit=whose, everything=everything)
    if as_json:
        show_json(rows)
    else:
        show_table("应报事项", list(rows[0]) if rows else [], [list(row.values()) for row in rows])

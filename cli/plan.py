"""`zhiqiang plan`: check a plan workbook, bring it onto the record, write the record's plan as a workbook."""

from pathlib import Path
from typing import Annotated

import typer

from cli.context import OFFICE, ByOption, CycleOption, JsonOption, TodayOption, day_of, looking, opened, say, show_json
from cycle.plan import ImportSummary, export_plan, import_plan
from documents.plan_workbook import load_plan, read_plan
from documents.plan_writer import write_plan
from models import Problem, Refused

app = typer.Typer(no_args_is_help=True, add_completion=False, help="计划工作簿：检查、导入、导出")
FileArgument = Annotated[Path, typer.Argument(help="计划工作簿（.xlsx）", metavar="FILE")]


@app.command("check", help="检查计划工作簿，一次列出全部问题；有问题时退出码为 1")
def check(file: FileArgument, as_json: JsonOption = False) -> None:
    """Print every problem of the workbook with its place."""
    try:
        problems = read_plan(file).problems
    except Refused as refusal:
        if not as_json:
            raise
        problems = (Problem("", None, "", refusal.message),)
    if as_json:
        show_json(
            {"problems": [{"sheet": p.sheet, "row": p.row, "column": p.column, "message": p.message} for p in problems]}
        )
    else:
        for problem in problems:
            say(str(problem))
        say(
            f"“{file.name}”共 {len(problems)} 处问题，请逐条改正。"
            if problems
            else f"“{file.name}”没有问题，可以导入。"
        )
    raise typer.Exit(1 if problems else 0)


@app.command("import", help="导入计划工作簿；再次导入只登记变动，变动须写明理由")
def import_(
    file: FileArgument,
    reason: Annotated[str, typer.Option("--reason", help="变动的理由，记入各版本和留痕")] = "",
    today: TodayOption = None,
    by: ByOption = OFFICE,
    as_json: JsonOption = False,
) -> None:
    """Check the workbook, then bring the record up to it in one transaction."""
    read = load_plan(file)
    with opened() as record, record.writing() as session:
        summary = import_plan(session, read.plan, digest=read.digest, by=by, today=day_of(today), reason=reason)
    if as_json:
        show_json({
            "cycle": summary.cycle, "digest": summary.digest, "first": summary.first, "nothing": summary.nothing,
            "added": dict(summary.added), "changes": summary.changes,
        })  # fmt: skip
    else:
        _report(file, summary)


@app.command("export", help="导出现行计划为工作簿；导出后原样导入不产生任何变动")
def export(
    file: FileArgument,
    cycle: CycleOption = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="文件已存在时覆盖")] = False,
) -> None:
    """Write the plan as it stands on record."""
    if file.exists() and not overwrite:
        raise Refused(f"文件“{file}”已存在，没有导出。请换一个文件名，或加 --overwrite 覆盖。")
    with looking(cycle) as (session, meant):
        plan = export_plan(session, meant.code)
    try:
        write_plan(plan, file)
    except OSError as error:
        raise Refused(
            f"文件“{file}”写不进去（{error.strerror or error}）。请检查文件夹是否存在、文件是否正被打开。"
        ) from None
    say(f"考核周期 {plan.basics.code} 的现行计划已导出到 {file}。")


def _report(file: Path, summary: ImportSummary) -> None:
    if summary.nothing:
        say(f"“{file.name}”与现行计划一致，没有任何变动。")
        return
    done = "已首次导入" if summary.first else "已导入变动"
    say(f"考核周期 {summary.cycle}：“{file.name}”{done}（文件指纹 {summary.digest[:12]}）。")
    for what, count in summary.added:
        if count:
            say(f"  新增{what} {count}")
    for change in summary.changes:
        say(f"  变动 {change}")

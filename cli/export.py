"""`zhiqiang export`: the files officials receive, written into a folder from what is on record."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from cli.context import CycleOption, JsonOption, TodayOption, day_of, looking, say, show_json, show_table
from cycle.exporting import PAPERS, Exported, export_all, export_scores

app = typer.Typer(help="导出责任书、督办单、通报、成绩册和通知", no_args_is_help=True)
OutOption = Annotated[Path, typer.Option("--out", help="写入的文件夹；没有时自动建立，同名文件将被覆盖")]
HELP = {
    "letters": "导出责任书（每单位一份，含已被替代的）",
    "orders": "导出督办单（含反馈、批复和销号情况）",
    "circular": "导出督查通报和考核结果通报",
    "messages": "导出各联络人收到的通知",
}
"""The line in the help for each thing that can be exported."""


def _command(name: str) -> Callable[..., None]:
    def export(out: OutOption, cycle: CycleOption = None, as_json: JsonOption = False) -> None:
        with looking(cycle) as (session, found):
            _report(PAPERS[name](session, found, out), out, as_json)

    return export


for _name, _help in HELP.items():
    app.command(_name, help=_help)(_command(_name))


@app.command(help="导出成绩册（Excel）；封账前为截至当日的暂计成绩")
def scores(out: OutOption, cycle: CycleOption = None, today: TodayOption = None, as_json: JsonOption = False) -> None:
    """Write the score workbook."""
    with looking(cycle) as (session, found):
        _report(export_scores(session, found, out, today=day_of(today)), out, as_json)


@app.command("all", help="导出全部文件和目录页 index.html")
def everything(
    out: OutOption, cycle: CycleOption = None, today: TodayOption = None, as_json: JsonOption = False
) -> None:
    """Write every file and the index page."""
    with looking(cycle) as (session, found):
        _report(export_all(session, found, out, today=day_of(today)), out, as_json)


def _report(files: tuple[Exported, ...], out: Path, as_json: bool) -> None:
    if as_json:
        show_json({"folder": str(out), "files": [{"kind": f.kind, "title": f.title, "path": f.path} for f in files]})
        return
    show_table("已导出的文件", ("类别", "文件", "路径"), [(f.kind, f.title, f.path) for f in files])
    say(f"共 {len(files)} 个文件，写入 {out}。" if files else "目前没有可以导出的内容。")

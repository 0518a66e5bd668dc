"""`zhiqiang report file`: one report by command, for a unit that sent its figures by letter or telephone."""

from pathlib import Path
from typing import Annotated

import typer

from cli.context import OFFICE, ByOption, CycleOption, ReasonOption, TodayOption, acting, day_of, figure, say
from cycle import evidence
from cycle.reporting import Filed, file_report
from models import Refused
from models.enums import ReportNature

FigureOption = Annotated[str | None, typer.Option(help="数值；比率指标填分子和分母")]


def file_one(
    key: Annotated[str, typer.Argument(help="应报事项编号，见 zhiqiang report list")],
    value: FigureOption = None,
    numerator: FigureOption = None,
    denominator: FigureOption = None,
    text: Annotated[str, typer.Option(help="进展情况")] = "",
    nature: Annotated[str | None, typer.Option(help="零报告或不适用；不填则按所填内容定")] = None,
    correction: Annotated[bool, typer.Option("--correction", help="更正已报的内容，须写明理由")] = False,
    reason: ReasonOption = "",
    exhibit: Annotated[list[Path] | None, typer.Option("--evidence", help="佐证文件，可填多个")] = None,
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """代为登记一项填报"""
    day = day_of(today)
    missing = [str(path) for path in exhibit or () if not path.is_file()]
    if missing:
        raise Refused(f"找不到佐证文件：{'、'.join(missing)}。请核对 --evidence。")
    kept = [evidence.keep(path) for path in exhibit or ()]
    filed = Filed(
        nature=_nature(nature, given=value is not None or numerator is not None),
        value=figure(value),
        numerator=figure(numerator),
        denominator=figure(denominator),
        text=text,
        correction=correction,
        reason=reason,
        evidence=tuple((one.name, one.sha256) for one in kept),
    )
    with acting(cycle) as (session, found):
        for one in kept:
            evidence.enter(session, one, today=day)
        report = file_report(session, found, key, filed, by=by, today=day)
        say(f"已登记 {key} 第 {report.version} 次填报。")


def _nature(word: str | None, *, given: bool) -> ReportNature:
    if word is None:
        return ReportNature.VALUE if given else ReportNature.TEXT
    nature = ReportNature.of_zh(word)
    if nature is None:
        raise Refused(f"填报性质“{word}”无法识别。可选：{'、'.join(m.zh for m in ReportNature)}。")
    return nature

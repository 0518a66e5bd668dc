"""The command line. Commands are loaded when they are used, so that `zhiqiang --help` answers at once."""

import importlib
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from cli.chinese import Context, speaking_chinese, what_is_wrong


class Entry(NamedTuple):
    """A command or a group of commands: the module it lives in, its name there, and its line in the help."""

    module: str
    attribute: str
    help: str


COMMANDS: dict[str, Entry] = {
    "demo": Entry("cli.demo", "demo", "演示：示例县一个完整年度，从计划到终定结果"),
    "init": Entry("cli.admin", "init", "建立数据库和文件夹"),
    "plan": Entry("cli.plan", "app", "计划工作簿：检查、导入、导出"),
    "run": Entry("cli.run", "run", "办理一个步骤（经 Prefect）"),
    "up": Entry("cli.run", "up", "启动服务、工作进程和全部定时任务"),
    "deploy": Entry("cli.run", "deploy", "将 prefect.yaml 的定时任务登记到服务"),
    "report": Entry("cli.report", "app", "报送工作簿：模板、导入、清单；单项填报"),
    "draft": Entry("cli.targets", "draft", "目标备案：登记、审定备案和异议"),
    "letter": Entry("cli.targets", "letter", "责任书：印发、签收、清单"),
    "target": Entry("cli.targets", "target", "调整目标"),
    "review": Entry("cli.reviewing", "review", "审核填报：通过、退回、重新开放"),
    "extension": Entry("cli.reviewing", "extension", "延期：申请、批复、收回"),
    "order": Entry("cli.supervision", "order", "督办单：拟稿、下达、反馈、退回、销号"),
    "circular": Entry("cli.supervision", "circular", "督查通报：印发"),
    "unit": Entry("cli.units", "unit", "机构：合并、清单"),
    "contact": Entry("cli.units", "contact", "联络人：变更、清单"),
    "incident": Entry("cli.assessing", "incident", "质量安全事件登记"),
    "merit": Entry("cli.assessing", "merit", "加减分事项登记"),
    "reference": Entry("cli.assessing", "reference", "参照值登记：外部平均、上年实绩"),
    "mark": Entry("cli.assessing", "mark", "评分：核定、自评"),
    "verify": Entry("cli.assessing", "verify", "完成核定"),
    "publish": Entry("cli.assessing", "publish", "公布考核结果"),
    "appeal": Entry("cli.assessing", "appeal", "申诉：提出、裁定"),
    "score": Entry("cli.score", "score", "得分、等级、位次及说明"),
    "export": Entry("cli.export", "app", "导出责任书、督办单、通报、成绩册"),
    "messages": Entry("cli.messages", "app", "通知：清单、预览"),
    "audit": Entry("cli.admin", "audit", "留痕：清单、验证"),
    "doctor": Entry("cli.admin", "doctor", "检查运行环境"),
}
"""Every command with its line in the help; a test keeps each one loadable and documented in the README."""


class LazyGroup(TyperGroup):
    """A group that knows its commands by COMMANDS and imports the one that is called."""

    context_class = Context

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Return the names in the order of the year, not of the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Return a stand-in that carries the help line; `resolve_command` brings the real one."""
        entry = COMMANDS.get(cmd_name)
        return None if entry is None else TyperCommand(cmd_name, help=entry.help, short_help=entry.help)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the real command that `args` names, imported now."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, load(name or args[0]), rest

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        """Run the command line to its exit; what is wrong with it is said in Chinese."""
        standalone = extra.pop("standalone_mode", True)
        extra["standalone_mode"] = False
        if not standalone:
            return super().main(args, *rest, **extra)
        try:
            code = super().main(args, *rest, **extra)
        except TyperException as error:
            typer.echo(what_is_wrong(error), err=True)
            sys.exit(2)
        except typer.Abort:
            sys.exit(1)
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a refusal is printed as its message alone, a bug keeps its traceback."""
        from models.errors import PartlyRefused, Refused

        try:
            return super().invoke(ctx)
        except Refused as refusal:
            typer.echo(str(refusal), err=True)
            ctx.exit(3 if isinstance(refusal, PartlyRefused) else 1)


def load(name: str) -> Any:
    """Return the command called `name`, imported from its module."""
    entry = COMMANDS[name]
    found = getattr(importlib.import_module(entry.module), entry.attribute)
    if not isinstance(found, typer.Typer):
        single = typer.Typer(add_completion=False)
        single.command(help=entry.help)(found)
        found = single
    command = typer.main.get_command(found)
    command.name = name
    return speaking_chinese(command)


app = typer.Typer(cls=LazyGroup, add_completion=False, no_args_is_help=True, rich_markup_mode=None)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("zhiqiang"))
        raise typer.Exit


@app.callback()
def about(
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="显示版本"),
) -> None:
    """质强：质量强县目标分解、填报、督查、考核的工作流系统。"""


def main() -> NoReturn:
    """Run the command line. Exit codes: 0 done, 1 refused, 2 wrong usage, 3 finished with refusals."""
    app()
    sys.exit(0)

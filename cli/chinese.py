"""The words that Typer puts around a command's own: headings of the help, and what is wrong with a command line."""

import re
from typing import Any

import typer
from typer.exceptions import TyperException

HELP = {
    "Usage: ": "用法：",
    "\nOptions:\n": "\n选项：\n",
    "\nArguments:\n": "\n参数：\n",
    "\nCommands:\n": "\n命令：\n",
    "[OPTIONS]": "[选项]",
    "COMMAND [ARGS]...": "命令 [参数]...",
    "Show this message and exit.": "显示本说明",
    "[required]": "[必填]",
    "[default: ": "[默认：",
    "<str>": "文字 ",
    "<int>": "整数 ",
    "<path>": "路径  ",
}
"""What the help says, and how an official reads it; in the columns of options both are equally wide."""
COMPLETION = ("install_completion", "show_completion")

WRONG = (
    (r"Missing argument '(.+)'\.", "缺少参数 {0}。"),
    (r"Missing option '(.+)'\.", "缺少选项 {0}。"),
    (r"Missing command\.", "没有写明命令。"),
    (r"No such command '(.+)'\.", "没有命令“{0}”。"),
    (r"No such option: (\S+)(?: \(Possible options: .+\))?", "没有选项 {0}。"),
    (r"Got unexpected extra argument\(s\) \((.+)\)", "多余的参数：{0}。"),
    (r"Option '?([^' ]+)'? requires an argument\.", "选项 {0} 后面须写明内容。"),
    (r"Option '?([^' ]+)'? does not take a value\.", "选项 {0} 后面不写内容。"),
    (
        r"Invalid value for '?([^']+)'?: (?:Input should be|.+ is not) a valid (?:integer|number|float).*",
        "{0} 应填数字。",
    ),
    (r"Invalid value for '?([^']+)'?: (?:File|Path|Directory) '(.+)' does not exist\.", "{0}：“{1}”不存在。"),
    (r"Invalid value for '?([^']+)'?: (.+)", "{0} 的内容不对：{1}"),
)
"""What may be wrong with a command line. What is not in this list is shown as Typer says it."""


class Context(typer.Context):
    """A command being read, with its help in Chinese."""

    def get_help(self) -> str:
        """Return the help text."""
        return in_chinese(super().get_help())

    def get_usage(self) -> str:
        """Return the usage line."""
        return in_chinese(super().get_usage())


def in_chinese(text: str) -> str:
    """Return a help text with its headings in Chinese."""
    for english, chinese in HELP.items():
        text = text.replace(english, chinese)
    return text


def speaking_chinese(command: Any) -> Any:
    """Return the command, and with it every command below, with a plain help in Chinese."""
    command.context_class, command.rich_markup_mode = Context, None
    command.params = [p for p in command.params if p.name not in COMPLETION]
    for below in getattr(command, "commands", {}).values():
        speaking_chinese(below)
    return command


def what_is_wrong(error: TyperException) -> str:
    """Return what is wrong with the command line, and how it is used."""
    said = error.format_message()
    context: Context | None = getattr(error, "ctx", None)
    if said.startswith(HELP["Usage: "]):  # a command without anything shows its help
        return said
    found = next(((m, chinese) for pattern, chinese in WRONG if (m := re.fullmatch(pattern, said))), None)
    what = found[1].format(*found[0].groups()) if found else said
    return f"{what}\n{context.get_usage()}\n详见 {context.command_path} --help。" if context else what

"""The daily steps through Prefect: one run now, the deployments, or everything in service."""

import asyncio
import signal
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from cli.context import JsonOption, TodayOption, say, show_json, show_table
from cycle.clock import parse_day
from models import PartlyRefused, Refused

if TYPE_CHECKING:
    from flows.deploying import Deployed
    from flows.serving import Serving

RESTART_SECONDS = 5
FileOption = Annotated[Path | None, typer.Option("--file", help="部署文件；默认用随程序提供的 prefect.yaml")]


def run(
    step: Annotated[str, typer.Argument(help="步骤，如 send-reminders")],
    cycle: Annotated[str | None, typer.Option("--cycle", help="考核周期代码；不填则办理所有未结束的周期")] = None,
    today: TodayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the step's flow once and show what it did; exit 3 when something was refused."""
    from cycle.steps import STEPS

    if step not in STEPS:
        known = "、".join(f"{one.name}（{one.zh}）" for one in STEPS.values())
        raise Refused(f"没有名为“{step}”的步骤。可选：{known}。")
    day = parse_day(today) if today else None

    from flows.embedded import run_flow

    outcome = run_flow(step, cycle, day)
    if as_json:
        show_json(
            {"done": [one._asdict() for one in outcome.done], "refused": [one._asdict() for one in outcome.refused]}
        )
    else:
        show_table(STEPS[step].zh, ["事项", "数量", "单位"], outcome.done)
    if outcome.refused:
        reasons = "\n".join(f"{one.unit}：{one.message}" for one in outcome.refused)
        raise PartlyRefused(f"{len(outcome.refused)} 项未办成，其余已办：\n{reasons}")


def deploy(file: FileOption = None) -> None:
    """Bring the server into line with prefect.yaml."""
    from flows.deploying import deploy as deploy_file
    from flows.deployment_file import prefect_file

    _tell(asyncio.run(deploy_file(file or prefect_file())))


def _tell(deployed: "Deployed") -> None:
    say(f"已登记 {len(deployed.names)} 个定时任务：{'、'.join(deployed.names)}。")
    if deployed.dropped:
        say(f"已撤销文件中没有的定时：{'、'.join(deployed.dropped)}。")
    if deployed.unknown:
        say(f"服务上另有文件中没有的部署，未作改动：{'、'.join(deployed.unknown)}。如不再需要，请在管理页面删除。")


def up(
    port: Annotated[int, typer.Option(help="Prefect 服务的端口，仅本机可访问")] = 4200,
    file: FileOption = None,
) -> None:
    """Keep server, worker and deployments running until Ctrl-C or a stop of the system service."""
    from flows.deployment_file import prefect_file
    from flows.serving import serving

    for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a shell script's background job would ignore it
        signal.signal(number, _stop)
    try:
        say("正在启动，约需十几秒……")
        with serving(port, file or prefect_file()) as running:
            _tell(running.deployed)
            _tell_lost(running.lost)
            say(f"已启动。管理页面：{running.url.removesuffix('/api')}。按 Ctrl-C 停止。")
            while True:
                _work(running)
                time.sleep(RESTART_SECONDS)
                _tell_lost(running.close_lost_runs())
    except KeyboardInterrupt:
        say("已停止。")


def _tell_lost(names: list[str]) -> None:
    if names:
        say(f"未正常结束的运行已标记为中断，将在下次运行时补办：{'、'.join(names)}。")


def _work(running: "Serving") -> None:
    """Keep a worker until it ends by itself, which it does when it cannot reach the server for a minute or two."""
    from flows.serving import worker

    with worker() as one:
        while one.process.poll() is None:
            if running.server is not None:
                running.server.check()
            time.sleep(1)
        say(f"工作进程已停止，原因见 {one.log}。{RESTART_SECONDS} 秒后重新启动。")


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt

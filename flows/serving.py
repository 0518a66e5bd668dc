"""Everything in one go: a Prefect server on this machine, all deployments of prefect.yaml, a worker of processes."""

import asyncio
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from prefect import settings
from prefect.settings import temporary_settings

from flows.deploying import POOL, Deployed, close_lost_runs, deploy
from flows.runtime import prefect_home, running_server, server_file
from models import Refused

LOOPBACK = "127.0.0.1"
STARTS_WITHIN = 180
STOPS_WITHIN = 30


class Service(NamedTuple):
    """A process of ours that runs until it is told to stop; what it says goes to its log."""

    process: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        """Raise Refused, with the place of the log, when the process has ended."""
        if (code := self.process.poll()) is not None:
            raise Refused(f"Prefect 服务已停止（退出码 {code}），原因见 {self.log}。请处理后重新运行 zhiqiang up。")


class Serving(NamedTuple):
    """A server that has all deployments: its address, its process if it is ours, and what was done to it."""

    url: str
    server: Service | None
    deployed: Deployed
    lost: list[str]

    def close_lost_runs(self) -> list[str]:
        """Close what a worker that has died was about to begin; on a server that others use they may be theirs."""
        return asyncio.run(close_lost_runs(begun=False)) if self.server else []


@contextmanager
def serving(port: int, file: Path) -> Iterator[Serving]:
    """Yield a server with the deployments of the file: our own, or the one that PREFECT_API_URL names.

    Raises:
        Refused: ours runs already or does not start, or the file has mistakes.
    """
    if url := running_server():
        raise Refused(f"本机已有服务在运行（{url}）。如需重新启动，请先停止它。")
    with ExitStack() as stack:
        ours = stack.enter_context(server(port)) if settings.PREFECT_API_URL.value() is None else None
        lost = asyncio.run(close_lost_runs(begun=True)) if ours else []
        deployed = asyncio.run(deploy(file))
        yield Serving(settings.PREFECT_API_URL.value(), ours, deployed, lost)


@contextmanager
def server(port: int) -> Iterator[Service]:
    """Yield a Prefect server that answers on the loopback address, and have this process and later ones use it."""
    url = f"http://{LOOPBACK}:{port}/api"
    words = ("server", "start", "--host", LOOPBACK, "--port", str(port))
    with _service("server", words, {"PREFECT_API_URL": url}) as running:
        _wait_for(running, url)
        server_file().write_text(url, encoding="ascii")
        try:
            with temporary_settings({settings.PREFECT_API_URL: url}):
                yield running
        finally:
            server_file().unlink(missing_ok=True)


@contextmanager
def worker() -> Iterator[Service]:
    """Yield a worker that runs what the server has for our pool, each run a process; without a server it ends."""
    # How many run at once is limited on the pool: with --limit a quick resume kills the worker of Prefect 3.8.8.
    words = ("worker", "start", "--pool", POOL, "--type", "process")
    with _service("worker", words, {"PREFECT_API_URL": settings.PREFECT_API_URL.value()}) as running:
        yield running


@contextmanager
def _service(name: str, words: tuple[str, ...], env: dict[str, str]) -> Iterator[Service]:
    """Yield the running `prefect` command; it is stopped at the end, by force if it does not listen."""
    log = prefect_home() / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", *words],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={**os.environ, **env},
            start_new_session=True,  # Ctrl-C reaches us alone, and we stop the worker before the server
        )
    try:
        yield Service(process, log)
    finally:
        process.terminate()
        try:
            process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(running: Service, url: str) -> None:
    patience = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < patience:
        running.check()
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)
    raise Refused(f"Prefect 服务在 {STARTS_WITHIN} 秒内没有启动，情况见 {running.log}。请检查后重试。")

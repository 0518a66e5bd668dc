"""`zhiqiang --help` against the help of a Typer program that does nothing."""

import subprocess
import sys
from pathlib import Path

from bench.run import Comparison, compare

BARE = """
import typer

app = typer.Typer(add_completion=False)


@app.command()
def one() -> None:
    "Do nothing."


@app.command()
def two() -> None:
    "Do nothing."


app()
"""


def run() -> dict[str, Comparison | object]:
    """The wall time of both, each a process of its own."""
    ours = [str(Path(sys.executable).with_name("zhiqiang")), "--help"]
    bare = [sys.executable, "-c", BARE, "--help"]
    return {"help": compare(lambda: _quietly(ours), lambda: _quietly(bare), aim=1.5, rounds=15)}


def _quietly(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

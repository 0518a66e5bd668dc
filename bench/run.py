"""Runs the benchmarks and prints them as JSON: `make bench`, or `make bench-NAME` for one.

A benchmark is a module bench/NAME.py with `run() -> dict[str, Comparison | object]`: each comparison times our code
against what it could at best be, both in this one run; anything else in the dict is a fact about the sizes measured.
"""

import argparse
import importlib
import importlib.metadata
import json
import os
import platform
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

PACKAGES = (
    "prefect",
    "fastapi",
    "sqlalchemy",
    "sqlmodel",
    "psycopg",
    "openpyxl",
    "python-calamine",
    "typer",
    "apprise",
)


@dataclass(frozen=True)
class Comparison:
    """Seconds that ours and the bare work took, and the largest ratio of the two that is aimed at."""

    ours: float
    bare: float
    aim: float

    @property
    def ratio(self) -> float:
        return self.ours / self.bare


def compare(ours: Callable[[], object], bare: Callable[[], object], *, aim: float, rounds: int = 5) -> Comparison:
    """The medians of alternating rounds, so that a slow spell of the machine falls on both."""
    times = [(seconds(ours), seconds(bare)) for _ in range(rounds)]
    return Comparison(statistics.median(t[0] for t in times), statistics.median(t[1] for t in times), aim)


def seconds(work: Callable[[], object]) -> float:
    """The wall time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def environment() -> dict[str, object]:
    """What the figures depend on: machine, interpreter, libraries."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text(encoding="utf-8").splitlines() if facts.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def names() -> list[str]:
    """The benchmarks there are."""
    here = Path(__file__)
    return sorted(file.stem for file in here.parent.glob("*.py") if file != here and file.stem != "__init__")


def measure(name: str) -> dict[str, object]:
    """One benchmark's result, its ratios worked out."""
    result = importlib.import_module(f"bench.{name}").run()
    return {key: _explained(value) if isinstance(value, Comparison) else value for key, value in result.items()}


def _explained(comparison: Comparison) -> dict[str, object]:
    rounded = {key: round(value, 4) for key, value in asdict(comparison).items()}
    return {**rounded, "ratio": round(comparison.ratio, 2), "reached": comparison.ratio <= comparison.aim}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description="性能对比，结果为 JSON")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"只跑这几项：{'、'.join(names())}")
    parser.add_argument("--out", type=Path, help="写入文件，缺省为标准输出")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(names()):
        parser.error(f"没有这样的对比：{'、'.join(sorted(unknown))}；现有：{'、'.join(names())}")
    results: dict[str, object] = {}
    for name in options.names or names():
        print(f"{name} …", file=sys.stderr, flush=True)
        results[name] = measure(name)
    text = json.dumps({"environment": environment(), "results": results}, ensure_ascii=False, indent=2)
    if options.out:
        options.out.write_text(f"{text}\n", encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    # As a script this module has another name, and its Comparison would not be the benchmarks' Comparison.
    importlib.import_module("bench.run").main()

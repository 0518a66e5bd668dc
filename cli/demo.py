"""`zhiqiang demo`: a whole year of the example county in one go, every step through the real flows."""

import json
import os
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from cli.context import say, show_table
from cycle.assessment import official_score
from cycle.clock import parse_day
from cycle.exporting import export_all
from cycle.lookup import calendar, find_cycle, names
from cycle.outcomes import Outcome
from documents.plan_workbook import load_plan
from models import Refused
from models.record import Record, open_record
from rules.plan import Plan
from simulation.driver import days, last_day, open_year
from simulation.example import example_plan
from simulation.story import COUNTY, IMPORTED_ON
from simulation.summary import year_in_counts
from simulation.world import World

MARK = ".zhiqiang-demo.json"
"""Lies in a folder that a demo made, and says with which dice."""
USUALLY_OVER = date(2027, 4, 30)
OWN = ("ZHIQIANG_DATABASE_URL", "ZHIQIANG_CHANNEL", "PREFECT_HOME", "PREFECT_API_URL")
"""The settings of a real office: a demo keeps everything in its own folder and touches none of it."""


def demo(
    out: Annotated[Path, typer.Option("--out", help="结果文件夹")] = Path("demo-out"),
    seed: Annotated[int, typer.Option("--seed", help="随机种子；种子相同，结果相同")] = 2026,
    until: Annotated[str | None, typer.Option("--until", help="演示到哪一天为止；默认到结果终定")] = None,
) -> None:
    """演示示例县一个完整年度，从导入计划到考核结果终定"""
    last = parse_day(until) if until else date.max
    if last < IMPORTED_ON:
        raise Refused(f"--until {until} 早于计划导入日 {IMPORTED_ON}。请填写该日或更晚的日期。")
    begun = perf_counter()
    claim(out, seed)
    os.environ["ZHIQIANG_HOME"] = str((out / "程序资料").resolve())
    for name in OWN:
        os.environ.pop(name, None)
    record = open_record()
    try:
        world = World(record, _plan(record).basics.code, seed, COUNTY)
        runs = live_through(world, last)
        conclude(world, out, last_day(world), runs, perf_counter() - begun)
    finally:
        record.close()


def claim(out: Path, seed: int) -> None:
    """Take the folder for the demo with this seed.

    Raises:
        Refused: it is no folder, holds something else, or a demo with another seed.
    """
    mark = out / MARK
    if out.exists() and not out.is_dir():
        raise Refused(f"{out} 是一个文件，不能作为结果文件夹。请用 --out 另选。")
    if out.exists() and any(out.iterdir()) and not mark.exists():
        raise Refused(f"文件夹 {out} 中已有其他内容，为免覆盖不作改动。请用 --out 另选一个空文件夹。")
    if mark.exists() and (earlier := json.loads(mark.read_text(encoding="utf-8"))["seed"]) != seed:
        raise Refused(f"文件夹 {out} 中是种子为 {earlier} 的演示。请用 --out 另选，或用 --seed {earlier} 继续。")
    out.mkdir(parents=True, exist_ok=True)
    mark.write_text(json.dumps({"seed": seed}), encoding="utf-8")


def _plan(record: Record) -> Plan:
    loaded = load_plan(example_plan())
    open_year(record, loaded.plan, loaded.digest)
    return loaded.plan


def live_through(world: World, until: date) -> int:
    """Live through the year with a bar to look at and return how many flow runs it took."""
    from flows.embedded import embedded

    runs = 0
    whole = (min(until, USUALLY_OVER) - IMPORTED_ON).days
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns) as bar, embedded(world.record) as flow:
        task = bar.add_task("启动内置服务", total=whole)

        def run(step: str, cycle: str, day: date) -> Outcome:
            nonlocal runs
            runs += 1
            return flow(step, cycle or None, day)

        for day in days(world, run, until=until):
            bar.update(task, description=f"{day:%Y-%m-%d}", completed=min((day - IMPORTED_ON).days, whole))
        bar.update(task, completed=whole)
    return runs


def conclude(world: World, out: Path, day: date, runs: int, elapsed: float) -> None:
    """Write the files of the year and tell what it came to."""
    with world.record.reading() as session:
        cycle = find_cycle(session, world.cycle)
        files = export_all(session, cycle, out, today=day)
        score = official_score(session, cycle, as_of=day)
        called = names(session, day)
        rows = [
            (u.place.group, u.rank, called[u.place.unit_id], f"{u.points:.2f}", u.grade.grade, u.grade.reason)
            for u in score.units
        ]
        counts = year_in_counts(session, cycle)
        inferred = calendar(cycle).provisional(day)
        name = cycle.name
    state = "暂计，尚未公布" if score.provisional else "在册结果"
    show_table(f"{name}得分（截至 {day}，{state}）", ("组别", "位次", "单位", "得分", "等级", "备注"), rows)
    say("全年：" + "，".join(f"{what} {n}" for what, n in counts) + "。")
    if inferred:
        say(f"{day.year} 年放假安排尚未公布，该年工作日为推定。")
    say(f"流程运行 {runs} 次，用时 {elapsed:.0f} 秒。共 {len(files)} 个文件，请打开 {out / 'index.html'}。")

"""A server brought into line with prefect.yaml: work pool, deployments and their schedules, and a watch for zombies."""

from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from prefect import settings
from prefect.automations import Automation
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import ConcurrencyOptions, StateType
from prefect.client.schemas.schedules import CronSchedule
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.flows import Flow, load_flow_from_entrypoint
from prefect.states import Crashed
from prefect.utilities.callables import parameter_schema
from prefect.workers.process import ProcessWorker

from flows.deployment_file import Deployment, read_file
from models import Refused

POOL = "zhiqiang"
RUNS_AT_ONCE = 3
"""Runs of a work pool at the same time, of some 93 MB each. For a new pool; an administrator may change it."""

HEARTBEAT = "prefect.flow-run.heartbeat"
ENDED = {f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Cancelled", "Crashed")}
SILENCE = timedelta(seconds=90)
"""A run that has missed its heartbeat of every 30 seconds for so long is dead."""


class Deployed(NamedTuple):
    """What deploying did: deployments in place, schedules taken away, deployments of the pool not in the file."""

    names: list[str]
    dropped: list[str]
    unknown: list[str]


async def deploy(path: Path) -> Deployed:
    """Bring the server into line with the file; a schedule that is not in it is taken away, nothing else is.

    A schedule that was switched off on the server stays off.

    Raises:
        Refused: there is no server, or the file has mistakes.
    """
    if settings.PREFECT_API_URL.value() is None:
        raise Refused(
            "没有可以登记定时任务的服务。请先运行 zhiqiang up，或用环境变量 PREFECT_API_URL 指明 Prefect 服务的地址。"
        )
    wanted: list[tuple[Deployment, Flow[..., Any]]] = [
        (one, load_flow_from_entrypoint(one.entrypoint)) for one in read_file(path).deployments
    ]
    names = [f"{flow.name}/{one.name}" for one, flow in wanted]
    async with get_client() as client:
        for pool in {one.work_pool.name for one, _ in wanted}:
            await _ensure_pool(client, pool)
        present = {name: await _schedules(client, name) for name in names}
        for one, flow in wanted:
            await _put(client, one, flow, present[f"{flow.name}/{one.name}"])
        unknown = await _unknown(client, names)
    await _watch_for_zombies()
    kept = {name: {schedule.slug for schedule in one.schedules} for name, (one, _) in zip(names, wanted, strict=True)}
    dropped = [f"{name}：{slug}" for name in names for slug in present[name].keys() - kept[name]]
    return Deployed(names, dropped, unknown)


async def _ensure_pool(client: PrefectClient, name: str) -> None:
    template = ProcessWorker.get_default_base_job_template()
    pool = WorkPoolCreate(name=name, type="process", base_job_template=template, concurrency_limit=RUNS_AT_ONCE)
    try:
        await client.create_work_pool(pool)
    except ObjectAlreadyExists:
        return  # as an administrator has set it


async def _schedules(client: PrefectClient, name: str) -> dict[str, bool]:
    """Return whether each schedule that the deployment has now is switched on."""
    try:
        deployment = await client.read_deployment_by_name(name)
    except ObjectNotFound:
        return {}
    return {one.slug or str(one.schedule): bool(one.active) for one in deployment.schedules}


async def _put(client: PrefectClient, wanted: Deployment, flow: Flow[..., Any], switched_on: dict[str, bool]) -> None:
    """Create the deployment or replace it together with all its schedules."""
    limit = wanted.concurrency_limit
    await client.create_deployment(
        flow_id=await client.create_flow(flow),
        name=wanted.name,
        entrypoint=wanted.entrypoint,
        description=wanted.description,
        tags=wanted.tags,
        work_pool_name=wanted.work_pool.name,
        job_variables=wanted.work_pool.job_variables,
        parameters=wanted.parameters,
        parameter_openapi_schema=parameter_schema(flow).model_dump(exclude_unset=True),
        enforce_parameter_schema=True,
        concurrency_limit=limit.limit,
        concurrency_options=ConcurrencyOptions(
            collision_strategy=limit.collision_strategy, grace_period_seconds=limit.grace_period_seconds
        ),
        pull_steps=[],
        schedules=[
            DeploymentScheduleCreate(
                slug=one.slug,
                schedule=CronSchedule(cron=one.cron, timezone=one.timezone),
                active=switched_on.get(one.slug, True),
            )
            for one in wanted.schedules
        ],
    )


def of_our_pool() -> WorkPoolFilter:
    """Return the condition that something belongs to this program's work pool."""
    return WorkPoolFilter(name=WorkPoolFilterName(any_=[POOL]))


async def _unknown(client: PrefectClient, names: list[str]) -> list[str]:
    found = await client.read_deployments(work_pool_filter=of_our_pool())
    flows = {one.id: one.name for one in await client.read_flows(work_pool_filter=of_our_pool())}
    return sorted({f"{flows[one.flow_id]}/{one.name}" for one in found} - set(names))


async def _watch_for_zombies() -> None:
    """Have the server mark a run as Crashed when its process is gone without a word."""
    watch = Automation(
        name="zhiqiang-zombies",
        description="运行进程失去心跳 90 秒后标记为 Crashed，释放并发名额",
        trigger=EventTrigger(
            after={HEARTBEAT},
            expect={HEARTBEAT} | ENDED,
            match={"prefect.resource.id": ["prefect.flow-run.*"]},
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=SILENCE,
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message="运行进程已失去联系")],
    )
    async with get_client() as client:
        for old in await client.read_automations_by_name(watch.name):
            watch.id = old.id
    await (watch.aupdate() if watch.id else watch.acreate())


async def close_lost_runs(*, begun: bool) -> list[str]:
    """Mark as Crashed what a pool without any worker has been handed out, and return the names of those runs.

    A run that has not begun is picked up by nobody else and keeps its slot. One that has `begun` may outlive its
    worker, and is watched by its heartbeat; when the server itself was away, its events are gone and it is lost, too.
    """
    states = [StateType.PENDING, *([StateType.RUNNING, StateType.CANCELLING] if begun else [])]
    lost = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=states)))
    async with get_client() as client:
        runs = await client.read_flow_runs(work_pool_filter=of_our_pool(), flow_run_filter=lost)
        for run in runs:
            await client.set_flow_run_state(run.id, Crashed(message="运行进程已不存在，下次运行时补办"), force=True)
    return [run.name for run in runs]

"""The flows on a real Prefect server: `zhiqiang up` in service, and runs that are made, planned, refused and killed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from sqlmodel import func, select

from cycle.canonical import canonical_lines
from cycle.outcomes import Done, Failure, Outcome
from cycle.steps import STEPS, Phase, Step, run_step
from models import Assignment, Contact, Delivery, Refused, Unit
from models.enums import AssignmentState
from models.record import Record, open_record
from tests.services import free_port

CHECKOUT = Path(__file__).parent.parent
ZHIQIANG = str(Path(sys.executable).with_name("zhiqiang"))
PLAN = CHECKOUT / "examples" / "county" / "plan.xlsx"
PREFECT_YAML = CHECKOUT / "prefect.yaml"
CYCLE = "2026"
MONDAY = date(2026, 1, 5)
PATIENCE = 60
SUPERVISION_RUNS = '- {slug: daily, cron: "10 7 * * *", timezone: Asia/Shanghai}'
EVERY_MINUTE = '- {slug: often, cron: "* * * * *", timezone: Asia/Shanghai}'

Undisturbed = Callable[[str, str], tuple[Outcome, list[str]]]


# ---- an office's machine ----


@pytest.fixture(scope="module", autouse=True)
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Prefect is imported after its settings, which point to a folder of this module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIQIANG_HOME", str(tmp_path_factory.mktemp("settings")))
        import flows  # noqa: F401

        yield


def environment(home: Path) -> dict[str, str]:
    """The environment of somebody whose program keeps everything in this folder."""
    foreign = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "ZHIQIANG"))}
    return {**foreign, "ZHIQIANG_HOME": str(home)}


def zhiqiang(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ZHIQIANG, *words], env=environment(home), cwd=home, capture_output=True, text=True)


def until(found: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """What is found at last; the test fails when it never is."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if answer := found():
            return answer
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {patience} s")


class Service(NamedTuple):
    """`zhiqiang up` as it runs."""

    home: Path
    url: str


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Server, worker and all deployments of prefect.yaml, as an office starts them; one also runs every minute."""
    home = tmp_path_factory.mktemp("service")
    written = PREFECT_YAML.read_text(encoding="utf-8")
    assert written.count(SUPERVISION_RUNS) == 1
    file = home / "prefect.yaml"
    file.write_text(written.replace(SUPERVISION_RUNS, f"{SUPERVISION_RUNS}\n      {EVERY_MINUTE}"), encoding="utf-8")
    port, log = free_port(), home / "up.log"
    command = [ZHIQIANG, "up", "--port", str(port), "--file", str(file)]
    out = log.open("wb")
    with out, subprocess.Popen(command, env=environment(home), cwd=home, stdout=out, stderr=out) as up:
        try:
            until(lambda: "已启动" in log.read_text() or up.poll() is not None, "zhiqiang up", 180)
            assert up.poll() is None, log.read_text()
            yield Service(home, f"http://127.0.0.1:{port}/api")
        finally:
            up.send_signal(signal.SIGTERM)


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record of the example county whose plan has been imported and nothing else has happened."""
    home = tmp_path_factory.mktemp("planned")
    done = zhiqiang(home, "plan", "import", str(PLAN), "--today", str(MONDAY))
    assert done.returncode == 0, done.stderr
    return home / "zhiqiang.db"


@pytest.fixture
def county(planned: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of an office with that record, also for what runs in this process."""
    home.mkdir()
    shutil.copy(planned, home)
    return home


@pytest.fixture
def record(county: Path) -> Iterator[Record]:
    """The record of that office."""
    opened = open_record()
    yield opened
    opened.close()


# ---- the server seen from outside ----


@pytest.fixture
def client(service: Service) -> Iterator[Any]:
    """Prefect's own client of the server; the flows of this process run on that server, too."""
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: service.url}), get_client(sync_client=True) as client:
        yield client


@pytest.fixture
def run(client: Any, record: Record) -> Iterator[Any]:
    """Runs a step's flow in this process: run(step, cycle, day) -> Outcome."""
    from flows.embedded import embedded

    with embedded(record) as run:
        yield run


def newest(client: Any, step: str, state: str) -> Any:
    """The run of a step's flow that was the last to come to this state."""
    from prefect.client.schemas.filters import FlowFilter, FlowFilterName, FlowRunFilter
    from prefect.client.schemas.sorting import FlowRunSort

    [run] = client.read_flow_runs(
        flow_filter=FlowFilter(name=FlowFilterName(any_=[step])),
        flow_run_filter=FlowRunFilter.model_validate({"state": {"name": {"any_": [state]}}}),
        sort=FlowRunSort.END_TIME_DESC,
        limit=1,
    )
    return run


class Run(NamedTuple):
    """A run of a deployment, made as `prefect deployment run` makes it, in the hands of the worker."""

    client: Any
    id: Any

    @classmethod
    def start(cls, client: Any, step: str, home: Path, day: date = MONDAY) -> "Run":
        """Have the step done for the record of that home."""
        deployment = client.read_deployment_by_name(f"{step}/zhiqiang")
        parameters = {"cycle": CYCLE, "today": str(day)}
        env = {"env": {"ZHIQIANG_HOME": str(home)}}
        made = client.create_flow_run_from_deployment(deployment.id, parameters=parameters, job_variables=env)
        return cls(client, made.id)

    def ended(self) -> Any:
        """The run when it has ended."""
        return until(lambda: run if (run := self.client.read_flow_run(self.id)).state.is_final() else None, "the end")

    def kill(self) -> None:
        """Kill its process as a power cut would; Prefect keeps no number of it, but gives it the run's id."""
        [process] = processes(f"PREFECT__FLOW_RUN_ID={self.id}", "prefect.engine")
        os.kill(process, signal.SIGKILL)


def processes(variable: str, command: str) -> list[int]:
    """The processes with this variable in their environment and these words in their command."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # one that has just ended
            variables = (place / "environ").read_text(errors="replace").split("\0")
            words = (place / "cmdline").read_text(errors="replace").replace("\0", " ")
            if variable in variables and command in words:
                found.append(int(place.name))
    return found


def said(record: Record) -> list[str]:
    """Everything on record, without what may differ between two runs of the same work."""
    with record.reading() as session:
        return list(canonical_lines(session))


def sent_drafts(record: Record) -> int:
    """How many draft targets units have been sent."""
    with record.reading() as session:
        return session.exec(
            select(func.count()).select_from(Assignment).where(Assignment.state == AssignmentState.SENT)
        ).one()


def beyond(progress: Callable[[Record], int], record: Record, reached: int) -> bool:
    """Whether the work has come so far."""
    return progress(record) >= reached


def deliveries(record: Record) -> int:
    """How many letters have gone out."""
    with record.reading() as session:
        return session.exec(select(func.count()).select_from(Delivery)).one()


@pytest.fixture
def undisturbed(planned: Path, tmp_path: Path) -> Iterator[Undisturbed]:
    """Does a step without Prefect on a record of its own and returns the outcome and what is on record then.

    The file is copied before anything of it is open: closing a second handle to it would drop SQLite's locks.
    """
    home = tmp_path / "undisturbed"
    home.mkdir()
    shutil.copy(planned, home)
    record = open_record(f"sqlite:///{home / planned.name}")

    def work(step: str, cycle: str) -> tuple[Outcome, list[str]]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ZHIQIANG_HOME", str(home))
            return run_step(record, step, cycle, MONDAY), said(record)

    yield work
    record.close()


# ---- prefect.yaml ----


def test_file_has_one_deployment_for_each_step_and_every_entrypoint_loads() -> None:
    from prefect.flows import load_flow_from_entrypoint

    from flows.deployment_file import prefect_file, read_file
    from flows.embedded import FLOWS

    assert prefect_file() == PREFECT_YAML
    deployments = read_file(PREFECT_YAML).deployments
    loaded: list[Any] = [load_flow_from_entrypoint(one.entrypoint) for one in deployments]
    assert [flow.name for flow in loaded] == list(STEPS) == list(FLOWS)
    assert all(flow.isasync and flow.persist_result is False for flow in loaded)
    for step, deployment, flow in zip(STEPS.values(), deployments, loaded, strict=True):
        assert (deployment.description[: len(step.zh) + 1], flow.description[: len(step.zh) + 1]) == (
            f"{step.zh}：",
        ) * 2


def test_file_has_no_key_that_prefect_would_pass_over() -> None:
    from prefect.cli.deploy._models import ConcurrencyLimitSpec, PrefectYamlModel, RawScheduleConfig, WorkPoolConfig
    from prefect.cli.deploy._models import DeploymentConfig as Deployment

    written = yaml.safe_load(PREFECT_YAML.read_text(encoding="utf-8"))
    places: list[tuple[dict[str, Any], Any]] = [(written, PrefectYamlModel)]
    for one in written["deployments"]:
        places += [(one, Deployment), (one["work_pool"], WorkPoolConfig)]
        places += [(one["concurrency_limit"], ConcurrencyLimitSpec)]
        places += [(schedule, RawScheduleConfig) for schedule in one["schedules"]]
    assert [set(part) - set(model.model_fields) for part, model in places] == [set()] * len(places)


@pytest.mark.parametrize(
    ("right", "wrong", "place"),
    [
        ("cron:", "crone:", "deployments.0.schedules.0.crone"),
        (
            "collision_strategy: ENQUEUE",
            "collision_strategy: WAIT",
            "deployments.0.concurrency_limit.collision_strategy",
        ),
        ("pull: []", "pull: [{git_clone: {}}]", "pull"),
        ("    tags: [质强]", "    tags: [质强", "无法读取"),
    ],
)
def test_mistake_in_the_file_is_refused_with_its_place(tmp_path: Path, right: str, wrong: str, place: str) -> None:
    from flows.deployment_file import read_file

    file = tmp_path / "prefect.yaml"
    file.write_text(PREFECT_YAML.read_text(encoding="utf-8").replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(Refused, match=place):
        read_file(file)


# ---- days and outcomes, without a server ----


@pytest.mark.parametrize(
    ("planned_start", "day"),
    [
        ("2026-06-30T15:59:59+00:00", date(2026, 6, 30)),  # Tuesday 23:59 in Shanghai
        ("2026-06-30T16:00:00+00:00", date(2026, 7, 1)),  # Wednesday 00:00
        ("2026-07-01T07:30:00+08:00", date(2026, 7, 1)),
    ],
)
def test_business_day_is_that_of_the_planned_start_in_shanghai(
    monkeypatch: pytest.MonkeyPatch, planned_start: str, day: date
) -> None:
    from prefect.runtime import flow_run

    from flows.tick import business_day

    start = datetime.fromisoformat(planned_start)
    monkeypatch.setitem(flow_run.FIELDS, "scheduled_start_time", lambda: start)
    assert business_day(None) == day
    assert business_day(MONDAY) == MONDAY


def test_run_with_refusals_is_failed_and_names_the_units() -> None:
    from flows.tick import conclude

    done = Outcome((Done("下发目标草案", 4, "财政局"),))
    refused = Outcome(refused=(Failure("教育局", "没有联络员"), Failure("公安局", "没有目标值")))
    assert (conclude(done).is_completed(), conclude(done).message) == (True, "已办 4 项")
    assert conclude(done, refused).is_failed()
    assert conclude(done, refused).message == "2 项未办成：教育局（没有联络员）；公安局（没有目标值）"


def test_help_imports_neither_prefect_nor_the_database() -> None:
    code = (
        "import sys; from cli.main import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: sys.exit(' '.join({'prefect', 'sqlmodel'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


# ---- runs in this process ----


def step_of(name: str, work: Callable[[str], Outcome], *keys: str) -> Step:
    """A step with one phase that is split by these keys."""
    return Step(
        name,
        "试办",
        (Phase("try", "试", lambda *_: [(key,) for key in keys], lambda _r, _c, _d, parcel: work(parcel[0]), True),),
    )


def test_flow_does_what_the_step_does(run: Any, record: Record, undisturbed: Undisturbed) -> None:
    assert (run("decompose-targets", None, MONDAY), said(record)) == undisturbed("decompose-targets", CYCLE)
    assert run("decompose-targets", CYCLE, MONDAY) == Outcome()


def test_reminders_deliver_what_is_queued(run: Any, client: Any, record: Record, undisturbed: Undisturbed) -> None:
    run_step(record, "decompose-targets", CYCLE, MONDAY)
    for step, cycle in (("decompose-targets", CYCLE), ("send-reminders", CYCLE), ("deliver-messages", "")):
        expected = undisturbed(step, cycle)
    assert (run("send-reminders", CYCLE, MONDAY), said(record)) == expected
    assert newest(client, "deliver-messages", "Completed").name == "发送通知 全部周期 2026-01-05"


def test_one_part_that_breaks_is_named_and_stops_no_other(
    run: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(key: str) -> Outcome:
        if key in {"FGJ", "second"}:
            raise ZeroDivisionError(key)
        return Outcome((Done("试办", 1, key),))

    monkeypatch.setitem(STEPS, "send-reminders", step_of("send-reminders", work, "CZJ", "FGJ", "GAJ", "second"))
    with pytest.raises(ExceptionGroup, match=r"试 发展和改革局（.*）；试 second（") as broken:
        run("send-reminders", CYCLE, MONDAY)
    assert [str(error) for error in broken.value.exceptions] == ["FGJ", "second"]
    ended = newest(client, "send-reminders", "Failed")
    assert ended.name == "试办 2026 2026-01-05"
    assert "发展和改革局" in ended.state.message
    tasks = until(lambda: tasks_of(client, ended, 4), "records of the tasks")
    assert tasks == {
        "试 财政局": "Completed", "试 发展和改革局": "Failed", "试 公安局": "Completed", "试 second": "Failed"
    }  # fmt: skip


def tasks_of(client: Any, run: Any, count: int) -> dict[str, str] | None:
    """The states of a run's tasks by name, when there are so many on record that have ended."""
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    found = client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id])))
    ended = {one.name: one.state.name for one in found if one.state.is_final()}
    return ended if len(ended) == count else None


def test_run_keeps_a_table_of_what_it_did_and_whom_it_refused(
    run: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

    def work(key: str) -> Outcome:
        if key == "JYJ":
            raise Refused("没有联络员")
        return Outcome((Done("试办", 2, "财政局"),), (Failure("财政局", "没有目标值"),))

    monkeypatch.setitem(STEPS, "yearend-assessment", step_of("yearend-assessment", work, "CZJ", "JYJ"))
    outcome = run("yearend-assessment", CYCLE, MONDAY)
    assert outcome.refused == (Failure("财政局", "没有目标值"), Failure("试 教育局", "没有联络员"))
    key = ArtifactFilter(key=ArtifactFilterKey(any_=["yearend-assessment"]))
    [table] = client.read_artifacts(artifact_filter=key)
    assert table.description == "试办 2026 2026-01-05"
    assert yaml.safe_load(table.data) == [
        {"周期": "2026", "单位": "财政局", "事项": "试办", "数量": 2, "结果": "已办"},
        {"周期": "2026", "单位": "财政局", "事项": "", "数量": 0, "结果": "未办成：没有目标值"},
        {"周期": "2026", "单位": "试 教育局", "事项": "", "数量": 0, "结果": "未办成：没有联络员"},
    ]


# ---- in service ----


def test_up_deploys_everything_and_runs_are_planned(client: Any) -> None:
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId

    for step in STEPS:
        deployment = client.read_deployment_by_name(f"{step}/zhiqiang")
        assert (deployment.global_concurrency_limit.limit, deployment.work_pool_name) == (1, "zhiqiang")
        assert deployment.concurrency_options.collision_strategy == "ENQUEUE"
        of_it = DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id]))
        runs = until(partial(client.read_flow_runs, deployment_filter=of_it), f"planned runs of {step}")
        assert all(run.auto_scheduled for run in runs)
    [watch] = client.read_automations_by_name("zhiqiang-zombies")
    assert (watch.enabled, watch.trigger.within) == (True, timedelta(seconds=90))


def test_manual_run_is_completed_by_a_new_worker_when_one_has_died(
    client: Any, service: Service, county: Path, record: Record
) -> None:
    from prefect.states import Pending

    handed_out = client.read_deployment_by_name("yearend-assessment/zhiqiang")
    lost = client.create_flow_run_from_deployment(handed_out.id, state=Pending())
    [worker] = processes(f"ZHIQIANG_HOME={service.home}", "worker start")
    os.kill(worker, signal.SIGKILL)
    ended = Run.start(client, "decompose-targets", county).ended()
    assert (ended.state.name, ended.name) == ("Completed", "目标分解 2026 2026-01-05")
    assert sent_drafts(record) > 200
    assert client.read_flow_run(lost.id).state.name == "Crashed"


def test_unit_that_cannot_be_reached_makes_the_run_failed_and_is_named(
    client: Any, county: Path, record: Record
) -> None:
    with record.writing() as session:
        unit = session.exec(select(Unit).where(Unit.code == "JYJ")).one()
        for contact in session.exec(select(Contact).where(Contact.unit_id == unit.id)):
            contact.valid_to = date(2026, 1, 2)
    run_step(record, "decompose-targets", CYCLE, MONDAY)
    ended = Run.start(client, "send-reminders", county).ended()
    assert ended.state.name == "Failed"
    assert ended.state.message.startswith("1 项未办成：教育局（没有在任的联络员")
    assert deliveries(record) == 34  # the other units


def test_three_kills_in_the_middle_leave_the_record_of_an_undisturbed_day(
    run: Any, client: Any, county: Path, record: Record, undisturbed: Undisturbed
) -> None:
    killed_at(client, county, "decompose-targets", partial(beyond, sent_drafts, record, 30))
    killed_at(client, county, "decompose-targets", partial(beyond, sent_drafts, record, 150))
    run("decompose-targets", CYCLE, MONDAY)
    assert said(record) == undisturbed("decompose-targets", CYCLE)[1]
    killed_at(client, county, "deliver-messages", partial(beyond, deliveries, record, 5))
    assert deliveries(record) < 35
    run("deliver-messages", None, MONDAY)
    assert said(record) == undisturbed("deliver-messages", "")[1]


def killed_at(client: Any, county: Path, step: str, come_so_far: Callable[[], bool]) -> None:
    """Have the worker run the step and kill the process when it has come so far."""
    run = Run.start(client, step, county)
    until(come_so_far, "the middle of the run")
    run.kill()
    assert run.ended().state.name == "Crashed"


def test_planned_run_is_completed_and_deploying_again_restores_the_file(client: Any, service: Service) -> None:
    name = "midyear-supervision/zhiqiang"
    run = until(lambda: planned_and_completed(client), "a planned run that is completed", 90)
    assert run.name.startswith("半年督查 全部周期 ")

    deployment = client.read_deployment_by_name(name)
    [daily] = [one for one in deployment.schedules if one.slug == "daily"]
    client.update_deployment_schedule(deployment.id, daily.id, active=False)
    told = zhiqiang(service.home, "deploy")
    assert (told.returncode, told.stderr) == (0, "")
    assert f"已撤销文件中没有的定时：{name}：often。" in told.stdout
    [schedule] = client.read_deployment_by_name(name).schedules
    assert (schedule.slug, schedule.schedule.cron, schedule.active) == ("daily", "10 7 * * *", False)


def planned_and_completed(client: Any) -> Any:
    """A completed run that the scheduler has made, if there is one yet."""
    from prefect.client.schemas.filters import FlowRunFilter

    completed = FlowRunFilter.model_validate({"state": {"name": {"any_": ["Completed"]}}})
    return next((run for run in client.read_flow_runs(flow_run_filter=completed) if run.auto_scheduled), None)

"""prefect.yaml read strictly: Prefect itself passes over a misspelt key in silence."""

from pathlib import Path
from typing import Annotated, Any

import yaml
from prefect.client.schemas.objects import ConcurrencyLimitStrategy
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models import Refused


class Strict(BaseModel):
    """A part of the file in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid")


class Schedule(Strict):
    """When a deployment runs."""

    slug: str
    cron: str
    timezone: str


class Pool(Strict):
    """Where a deployment runs, and what its process is given."""

    name: str
    job_variables: dict[str, Any]


class Limit(Strict):
    """How many runs of a deployment there may be at once, and what becomes of one too many."""

    limit: int
    grace_period_seconds: int
    collision_strategy: ConcurrencyLimitStrategy


class Deployment(Strict):
    """A flow that the server runs by itself."""

    name: str
    entrypoint: str
    description: str
    tags: list[str]
    work_pool: Pool
    concurrency_limit: Limit
    parameters: dict[str, Any]
    schedules: list[Schedule]


class PrefectFile(Strict):
    """What this program uses of the form of prefect.yaml."""

    name: str
    pull: Annotated[list[Any], Field(max_length=0)]  # the package is installed where the worker runs
    deployments: list[Deployment]


def prefect_file() -> Path:
    """Return the prefect.yaml of this installation: in the package when installed, else in the checkout's root."""
    shipped = Path(__file__).with_name("prefect.yaml")
    return shipped if shipped.exists() else Path(__file__).parent.with_name("prefect.yaml")


def read_file(path: Path) -> PrefectFile:
    """Return what the file says.

    Raises:
        Refused: it cannot be read, or a key is unknown, missing or of the wrong kind; all such places are named.
    """
    try:
        return PrefectFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Refused(f"部署文件 {path} 无法读取：{error}。请检查后重试。") from None
    except ValidationError as error:
        found = "；".join(f"{'.'.join(map(str, e['loc']))}（{e['msg']}）" for e in error.errors())
        raise Refused(f"部署文件 {path} 有误：{found}。请对照随程序提供的 prefect.yaml 修改后重试。") from None

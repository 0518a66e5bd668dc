"""What a newcomer relies on: a whole wheel, complete pins, a `make` that sets up once and says what is missing."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.services import need

CHECKOUT = Path(__file__).parent.parent
PACKAGES = ("cli", "simulation", "flows", "cycle", "notifications", "documents", "rules", "models", "templates")
# Where a file of the checkout lies in the wheel, if not at the same place.
MOVED = {"prefect.yaml": "flows/prefect.yaml", "examples/county/plan.xlsx": "simulation/county/plan.xlsx"}
# Written so that the pattern does not match itself.
REGISTRIES = re.compile(
    r"(pypi|pythonhosted|npmjs|debian|ubuntu|tuna\.tsinghua|aliyun|ustc|huaweicloud|tencent|douban)\.(org|com|edu|cn)"
    r"|--(extra-)?index[-]url|--find[-]links|--hash[=]"
)


def shipped() -> list[str]:
    """The files of the packages as they stand in the checkout."""
    files = [file for package in PACKAGES for file in (CHECKOUT / package).rglob("*") if file.is_file()]
    return [str(file.relative_to(CHECKOUT)) for file in files if "__pycache__" not in file.parts]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(CHECKOUT)]
    subprocess.run(command, check=True, capture_output=True)
    [file] = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel unpacked as pip does it; first on the path of `run`."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def run(installed: Path, empty: Path, *command: str) -> str:
    """What the command prints when it runs in an empty folder and sees the wheel before the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "ZHIQIANG_HOME": str(empty / "home")}
    done = subprocess.run(command, cwd=empty, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    assert set(shipped()) - packed == set()


@pytest.mark.parametrize("file", MOVED)
def test_wheel_holds_what_lies_outside_the_packages(wheel: Path, file: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read(MOVED[file]) == (CHECKOUT / file).read_bytes()


@pytest.mark.parametrize("package", PACKAGES)
def test_wheel_is_imported_from_anywhere(installed: Path, tmp_path: Path, package: str) -> None:
    code = f"import {package}; print({package}.__file__)"
    assert Path(run(installed, tmp_path, sys.executable, "-c", code).strip()).is_relative_to(installed)


@pytest.mark.parametrize("folder", ["templates", "models/migrations/versions"])
def test_wheel_finds_its_data(installed: Path, tmp_path: Path, folder: str) -> None:
    package, _, inner = folder.partition("/")
    code = (
        f"from importlib.resources import files; print(*(f.name for f in (files({package!r}) / {inner!r}).iterdir()))"
    )
    found = set(run(installed, tmp_path, sys.executable, "-c", code).split())
    expected = {Path(file).name for file in shipped() if str(Path(file).parent) == folder}
    assert expected - {"__init__.py"}
    assert expected <= found


def test_wheel_brings_the_command(installed: Path, tmp_path: Path) -> None:
    version = metadata.version("zhiqiang")
    assert version in run(installed, tmp_path, str(installed / "bin" / "zhiqiang"), "--version")


def constraints() -> dict[str, str]:
    """Pinned version by package name; every line is a name and a version and nothing else."""
    lines = (CHECKOUT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[a-z0-9-]+==[0-9a-z.]+", pin)] == []
    return dict(pin.split("==") for pin in pins)


def required(name: str, extras: frozenset[str], seen: set[tuple[str, str]]) -> set[str]:
    """The names of all packages that this one needs here, directly or not; `seen` keeps circles from going round."""
    for requirement in map(Requirement, metadata.requires(name) or []):
        marker = requirement.marker
        wanted = marker is None or any(marker.evaluate({"extra": extra}) for extra in extras | {""})
        key = (canonicalize_name(requirement.name), ",".join(sorted(requirement.extras)))
        if wanted and key not in seen:
            seen.add(key)
            required(requirement.name, frozenset(requirement.extras), seen)
    return {name for name, _ in seen}


def test_every_dependency_is_pinned_as_installed() -> None:
    needed = required("zhiqiang", frozenset({"dev"}), set())
    assert {"prefect", "sqlalchemy", "pytest"} <= needed
    pins = constraints()
    assert {name: pins.get(name) for name in needed} == {name: metadata.version(name) for name in needed}


def test_no_file_names_a_registry() -> None:
    command = [need("git", "git"), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout.split("\0")
    files = [CHECKOUT / name for name in listed if name and (CHECKOUT / name).is_file()]
    texts = {file: file.read_bytes().decode("utf-8", "replace") for file in files}
    assert texts
    assert [str(file) for file, text in texts.items() if REGISTRIES.search(text)] == []


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A checkout with nothing but what setting up needs."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt", ".ci/venv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(CHECKOUT / name, tmp_path / name)
    return tmp_path


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHON", "MAKEFLAGS"}}
    command = [need("make", "make"), "-C", str(folder), "--no-print-directory", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def interpreter(folder: Path, script: str) -> str:
    """A stand-in for an interpreter on the newcomer's machine."""
    file = folder / "python-here"
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)
    return f"PYTHON={file}"


def test_second_make_sets_nothing_up(fresh: Path) -> None:
    (fresh / ".venv").mkdir()
    (fresh / ".venv/.ready").touch()
    assert make(fresh, "-n", "demo", "OUT=结果").stdout.strip() == '.venv/bin/zhiqiang demo --out "结果"'


@pytest.mark.parametrize("changed", ["pyproject.toml", "constraints.txt"])
def test_make_sets_up_again_when_requirements_change(fresh: Path, changed: str) -> None:
    (fresh / ".venv").mkdir()
    (fresh / ".venv/.ready").touch()
    os.utime(fresh / changed, (4e9, 4e9))
    assert ".ci/venv .venv" in make(fresh, "-n", "demo").stdout


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 127", "没有找到 Python 3.11、3.12 或 3.13"),
        ('case "$2" in *version_info*) exit 1;; esac', "没有找到 Python 3.11、3.12 或 3.13"),  # an older one
        ('case "$2" in *ensurepip*) exit 1;; esac', "apt install python3-venv"),  # Debian's, without python3-venv
    ],
)
def test_make_says_what_python_is_missing(fresh: Path, script: str, said: str) -> None:
    done = make(fresh, "setup", interpreter(fresh, script))
    assert done.returncode != 0
    assert said in done.stderr
    assert not (fresh / ".venv").exists()

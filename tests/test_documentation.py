"""What a reader is told is there, and what is there is told: commands, settings, steps; and one clock."""

import ast
import re
from pathlib import Path

import pytest

from cli.main import COMMANDS
from cycle.steps import STEPS

ROOT = Path(__file__).parent.parent
PACKAGES = ("cli", "simulation", "flows", "cycle", "notifications", "documents", "rules", "models")
READMES = ("README.md", "README.zh-CN.md")
CLOCK = "cycle/clock.py"


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


@pytest.mark.parametrize("readme", READMES)
def test_every_command_is_in_the_readme(readme: str) -> None:
    told = (ROOT / readme).read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"`{name}`" not in told] == []


@pytest.mark.parametrize("readme", READMES)
def test_every_step_is_in_the_readme(readme: str) -> None:
    told = (ROOT / readme).read_text(encoding="utf-8")
    assert [name for name in STEPS if f"`{name}`" not in told] == []


@pytest.mark.parametrize("readme", READMES)
def test_every_setting_is_in_the_readme(readme: str) -> None:
    told = (ROOT / readme).read_text(encoding="utf-8")
    used = {name for path in modules() for name in re.findall(r"\bZHIQIANG_[A-Z_]+", path.read_text(encoding="utf-8"))}
    assert used, "the settings are looked for in the wrong place"
    assert sorted(name for name in used if name not in told) == []


@pytest.mark.parametrize("readme", READMES)
def test_links_in_the_readme_lead_somewhere(readme: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / readme).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []


def reads_the_clock(path: Path) -> bool:
    """Return whether the module asks for the present day or moment."""
    calls = (n.func for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call))
    named = {f"{ast.unparse(f.value)}.{f.attr}" for f in calls if isinstance(f, ast.Attribute)}
    return bool(
        named & {"date.today", "datetime.now", "datetime.utcnow", "pendulum.now", "pendulum.today", "time.time"}
    )


def test_the_clock_is_read_in_one_place() -> None:
    assert [str(p.relative_to(ROOT)) for p in modules() if reads_the_clock(p)] == [CLOCK]


def test_no_python_file_in_the_root() -> None:
    assert list(ROOT.glob("*.py")) == []

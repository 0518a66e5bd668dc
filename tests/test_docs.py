"""What the manual says is true: every table and list is in the glossary, every state change in a diagram."""

import ast
import inspect
import os
import re
from pathlib import Path

import pytest
from sqlmodel import SQLModel

import models
from models import enums
from models.enums import (
    AppealState,
    AssessmentState,
    AssignmentState,
    Choice,
    ExtensionState,
    LetterState,
    MessageState,
    ObligationState,
    OrderState,
    ReportState,
)
from rules.states import TRANSITIONS, mermaid

ROOT = Path(__file__).parent.parent
STATES = ROOT / "docs" / "states.md"
HAN = re.compile(r"[\u4e00-\u9fff]+")
ENTRY = re.compile(r"^- `(\w+)` — (\S+) — (.+)$", re.MULTILINE)
TITLES: dict[type[Choice], str] = {
    AssignmentState: "目标备案",
    ObligationState: "应报事项",
    ReportState: "填报的各版",
    ExtensionState: "延期",
    LetterState: "责任书",
    OrderState: "督办单",
    AssessmentState: "考核",
    AppealState: "申诉",
    MessageState: "通知",
}


def entries() -> dict[str, tuple[str, str]]:
    """The Chinese word and the meaning of each identifier in the glossary."""
    found = ENTRY.findall((ROOT / "GLOSSARY.md").read_text("utf-8"))
    assert len({name for name, _, _ in found}) == len(found), "an identifier stands in the glossary twice"
    return {name: (word, said) for name, word, said in found}


def tables() -> dict[str, type[SQLModel]]:
    return {
        name: kind
        for name in models.__all__
        if inspect.isclass(kind := getattr(models, name)) and issubclass(kind, SQLModel)
    }


def lists() -> dict[str, type[Choice]]:
    found = {name: kind for name, kind in vars(enums).items() if inspect.isclass(kind) and issubclass(kind, Choice)}
    return {name: kind for name, kind in found.items() if kind is not Choice}


def test_the_glossary_holds_every_table_and_every_list_and_nothing_else() -> None:
    assert len(tables()) == len(SQLModel.metadata.tables)
    assert set(entries()) == {*tables(), *lists()}


@pytest.mark.parametrize("name", tables())
def test_the_glossary_calls_a_table_what_its_own_text_calls_it(name: str) -> None:
    word, _ = entries()[name]
    assert HAN.fullmatch(word)
    own = HAN.findall((tables()[name].__doc__ or "").splitlines()[0])
    assert not own or word in own or own[0] in "".join(entries()[name]), f"{name} is called {own[0]} in models/"


@pytest.mark.parametrize("name", lists())
def test_the_glossary_lists_every_member(name: str) -> None:
    assert entries()[name][1] == "、".join(member.zh for member in lists()[name])


def states_page() -> str:
    """The page of diagrams, made from the tables of state changes."""
    parts = [
        "# 状态与流转",
        "本页由程序中的状态表（rules/states.py）生成：图中没有的流转，程序一律不办理，并说明当前可以办理什么。",
    ]
    for states, title in TITLES.items():
        parts += [f"## {title}（{states.__name__}）", f"```mermaid\n{mermaid(states)}```"]
    return "\n\n".join(parts) + "\n"


def test_every_table_of_states_has_its_diagram() -> None:
    assert set(TITLES) == set(TRANSITIONS)


def test_the_diagrams_are_those_of_the_program() -> None:
    if os.environ.get("ZHIQIANG_WRITE_GOLDEN") == "1":
        STATES.write_text(states_page(), "utf-8")
    assert STATES.exists() and STATES.read_text("utf-8") == states_page(), (
        "docs/states.md is not what rules/states.py says: write it anew with "
        "ZHIQIANG_WRITE_GOLDEN=1 pytest tests/test_docs.py and read the difference"
    )


# ---- the diagrams tell the whole story ----


@pytest.mark.parametrize("path", sorted((ROOT / "cycle").glob("*.py")), ids=lambda p: p.stem)
def test_a_state_changes_only_through_the_table(path: Path) -> None:
    """A row is given its first state when it is made; afterwards nothing is assigned but what `move` returned."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            pairs = zip(parts(node.targets[0]), parts(node.value), strict=False)
            wrong = [ast.unparse(node) for target, value in pairs if is_state(target) and names_a_state(value)]
            assert not wrong
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "values":
            assert "state" not in {keyword.arg for keyword in node.keywords}, ast.unparse(node)


def parts(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else [node]


def is_state(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "state"


def names_a_state(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith("State")

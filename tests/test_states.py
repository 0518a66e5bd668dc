"""The tables of state changes: every state can be reached, every act has a reading, nothing else is allowed."""

from itertools import product

import pytest

from models.enums import Choice, LetterState, ObligationState, OrderState
from models.errors import Refused
from rules.states import TRANSITIONS, VERBS, allowed, mermaid, move

TABLES = pytest.mark.parametrize("states", TRANSITIONS, ids=lambda s: s.__name__)


@pytest.mark.parametrize(
    ("start", "verbs", "end"),
    [
        (ObligationState.PLANNED, "open submit return submit accept", ObligationState.ACCEPTED),
        (ObligationState.PLANNED, "open miss reopen submit accept reopen", ObligationState.SUBMITTED),
        (ObligationState.OPEN, "extend submit return extend miss withdraw", ObligationState.WITHDRAWN),
        (LetterState.DRAFT, "issue deliver acknowledge supersede", LetterState.SUPERSEDED),
        (LetterState.DRAFT, "issue acknowledge", LetterState.ACKNOWLEDGED),
        (OrderState.DRAFT, "issue acknowledge answer return answer verify close", OrderState.CLOSED),
        (OrderState.DRAFT, "issue answer verify close", OrderState.CLOSED),
    ],
)
def test_lives(start: Choice, verbs: str, end: Choice) -> None:
    state = start
    for verb in verbs.split():
        state = move(state, verb)
    assert state is end


def test_a_refusal_says_what_is_possible() -> None:
    with pytest.raises(Refused) as refusal:
        move(ObligationState.SUBMITTED, "miss")
    assert str(refusal.value) == "当前状态为“已报待审”，不能“记为漏报”；可以：“报送”、“通过”、“退回”、“撤销”。"
    with pytest.raises(Refused, match="没有后续操作"):
        move(ObligationState.WITHDRAWN, "open")


@TABLES
def test_what_is_not_in_the_table_is_refused(states: type[Choice]) -> None:
    for state, verb in product(states, VERBS):
        if verb in allowed(state):
            assert move(state, verb) is TRANSITIONS[states][(state, verb)]
        else:
            with pytest.raises(Refused):
                move(state, verb)


@TABLES
def test_every_state_can_be_reached_from_the_first(states: type[Choice]) -> None:
    reached = {next(iter(states))}
    for _ in states:
        reached |= {move(state, verb) for state in reached for verb in allowed(state)}
    assert reached == set(states)


def test_every_verb_is_used_and_every_misspelt_one_is_a_bug() -> None:
    assert {verb for table in TRANSITIONS.values() for _, verb in table} == set(VERBS)
    with pytest.raises(KeyError):
        move(ObligationState.OPEN, "sumbit")


@TABLES
def test_the_diagram_shows_every_state_and_change(states: type[Choice]) -> None:
    diagram = mermaid(states)
    assert diagram.startswith("stateDiagram-v2\n")
    assert all(f'state "{s.zh}" as {s.value}' in diagram for s in states)
    for (start, verb), end in TRANSITIONS[states].items():
        assert f"    {start.value} --> {end.value}: {VERBS[verb]}\n" in diagram

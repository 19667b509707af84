"""What is remembered of a caller never outlives what it says: a second at most, here no time."""

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from gridmap.store.accounts import Grant
from gridmap.store.known_callers import SURE
from gridmap.store.people import People
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from gridmap.store.tokens import TokenWish
from tests.store.test_people import CHEAP, NEWPORT, OPERATOR, PASSWORD, Clock

#: What ends a session, or a token, or both.
ENDS: dict[str, Callable[[People, str, str], None]] = {
    "sign out": lambda people, key, _: people.sessions.end(key),
    "revoke": lambda people, _, token: people.tokens.revoke(OPERATOR, token),
    "close": lambda people, *_: people.accounts.set_disabled(OPERATOR, "Li Wei", True),
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


def process(store: Store, clock: Clock) -> People:
    """The people as a process of its own knows them: with an engine of its own."""
    people = People(sa.create_engine(store.engine.url), passwords=CHEAP, clock=clock)
    # nothing but the memory of callers is told apart; both write through the settings of the store
    for part in (people.accounts, people.sessions, people.tokens, people.logins):
        part._engine = store.engine
    return people


def opened(people: People) -> tuple[str, str]:
    """A key and a token, both seen a moment ago."""
    people.accounts.add(OPERATOR, "Li Wei", NEWPORT, password=PASSWORD)
    key = people.sign_in("Li Wei", PASSWORD)
    assert key is not None
    token = people.tokens.add(OPERATOR, "Li Wei", TokenWish("x"))
    assert people.sessions.scope(key) and people.tokens.scope(token)
    return key, token


@pytest.mark.parametrize("end", ENDS)
def test_what_ends_here_ends_at_once_and_elsewhere_within_a_second(
    store: Store, clock: Clock, end: str
) -> None:
    here, elsewhere = process(store, clock), process(store, clock)
    key, token = opened(here)
    assert elsewhere.sessions.scope(key) and elsewhere.tokens.scope(token)
    ENDS[end](here, key, token)
    over = {"sign out": (True, False), "revoke": (False, True), "close": (True, True)}[end]
    assert (here.sessions.scope(key) is None, here.tokens.scope(token) is None) == over
    clock.pass_(seconds=SURE.total_seconds())
    assert (elsewhere.sessions.scope(key) is None, elsewhere.tokens.scope(token) is None) == over


def test_another_grant_holds_at_once(store: Store, clock: Clock) -> None:
    people = process(store, clock)
    _, token = opened(people)
    people.accounts.set_grant(
        OPERATOR, "Li Wei", Grant(Role.VIEWER, territories=frozenset({"Cardiff"}))
    )
    assert people.tokens.scope(token) == Scope(
        frozenset({"Cardiff"}), role=Role.VIEWER, user="Li Wei"
    )


def test_the_database_is_asked_once_a_second(store: Store, clock: Clock) -> None:
    people = process(store, clock)
    key, token = opened(people)
    asked: list[str] = []

    @sa.event.listens_for(store.engine, "before_cursor_execute")
    def note(*told: object) -> None:
        if str(told[2]).startswith("SELECT"):
            asked.append(str(told[2]))

    for _ in range(3):
        assert people.sessions.scope(key) and people.tokens.scope(token)
    assert not asked
    clock.pass_(seconds=1)
    assert people.sessions.scope(key) and people.tokens.scope(token)
    assert len(asked) == 2


def test_a_change_while_the_database_is_read_is_not_missed(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session ends between reading and remembering: what was read is not remembered."""
    people = process(store, clock)
    key, _ = opened(people)
    clock.pass_(seconds=1)
    keep = people.sessions._known.keep

    def late(*found: object) -> None:
        people.sessions.end(key)
        keep(*found)  # type: ignore[arg-type]

    monkeypatch.setattr(people.sessions._known, "keep", late)
    assert people.sessions.scope(key) is not None
    assert people.sessions.scope(key) is None


def test_a_clock_that_is_set_back_makes_nothing_sure(store: Store, clock: Clock) -> None:
    here, elsewhere = process(store, clock), process(store, clock)
    _, token = opened(here)
    assert elsewhere.tokens.scope(token)
    here.tokens.revoke(OPERATOR, token)
    clock.time -= dt.timedelta(minutes=5)
    assert elsewhere.tokens.scope(token) is None


def test_a_page_that_asks_by_itself_hides_no_use(store: Store, clock: Clock) -> None:
    people = process(store, clock)
    key, _ = opened(people)
    clock.pass_(minutes=59)
    assert people.sessions.scope(key, used=False)
    assert people.sessions.scope(key)  # in the same second
    clock.pass_(minutes=59)
    assert people.sessions.scope(key)

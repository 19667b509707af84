"""Who may sign in: nothing is kept plain, a session ends when it should, and guessing is slow."""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from gridmap.errors import InputError, PermissionDenied
from gridmap.store import logins, people_tables
from gridmap.store.accounts import Grant
from gridmap.store.audit import AuditFilter, entries, known_words, verify_audit
from gridmap.store.logins import MOST_TRIES, WINDOW
from gridmap.store.passwords import Passwords
from gridmap.store.people import People
from gridmap.store.repository import Store
from gridmap.store.roles import Permission, Role
from gridmap.store.scope import Scope
from gridmap.store.sessions import SessionLimits
from gridmap.store.tokens import PREFIX, TokenWish

OPERATOR = Scope.everything()
PASSWORD = "eine lange Reihe"  # noqa: S105
NEWPORT = Grant(Role.PLANNER, territories=frozenset({"Newport"}))
START = dt.datetime(2026, 3, 4, 8, tzinfo=dt.UTC)
#: Real parameters take 50 ms a hash; these say the same of what is tested here.
CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> dt.datetime:
        return self.time

    def pass_(self, **time: float) -> None:
        self.time += dt.timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def people(store: Store, clock: Clock) -> People:
    """The people of an empty store, with one planner."""
    found = People(store._engine, passwords=CHEAP, clock=clock)
    found.accounts.add(OPERATOR, "Li Wei", NEWPORT, password=PASSWORD)
    return found


def signed_in(people: People, name: str = "Li Wei") -> str:
    key = people.sign_in(name, PASSWORD)
    assert key is not None
    return key


def test_who_signs_in_has_the_scope_of_the_grant(people: People) -> None:
    scope = people.sessions.scope(signed_in(people, " li wei "))
    assert scope == Scope(frozenset({"Newport"}), role=Role.PLANNER, user="Li Wei")


def test_no_secret_is_kept_plain(people: People, store: Store) -> None:
    """All rows of all tables, as text, hold neither password, key nor token."""
    secrets = [
        PASSWORD,
        signed_in(people),
        people.tokens.add(OPERATOR, "Li Wei", TokenWish("QGIS")),
    ]
    people.sign_in("my secret typed as a name", "x")
    with store._engine.connect() as connection:
        held = str(
            [
                connection.execute(sa.select(table)).all()
                for table in people_tables.metadata.sorted_tables
            ]
        )
    assert "argon2id" in held
    for secret in [*secrets, "my secret typed as a name"]:
        assert secret not in held


def test_the_hash_is_made_by_the_parameters_of_rfc_9106() -> None:
    """64 MB, three passes; the same password has another hash each time."""
    real = Passwords()
    first, second = real.hashed("li", PASSWORD), real.hashed("li", PASSWORD)
    assert first != second
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert real.matches(PASSWORD, first)
    assert not real.matches(PASSWORD + "x", first)
    assert not real.matches(PASSWORD, None)
    assert not CHEAP.matches("of nobody", None)
    assert not PasswordHasher().check_needs_rehash(real._nobody)


@pytest.mark.parametrize("password", ["short", "x" * 257, "Li Wei has no other"])
def test_weak_passwords_are_refused(people: People, password: str) -> None:
    with pytest.raises(InputError):
        people.accounts.set_password(OPERATOR, "Li Wei", password)


def test_all_faults_of_an_account_are_told_at_once(people: People) -> None:
    with pytest.raises(InputError) as caught:
        people.accounts.add(OPERATOR, "\n", Grant(Role.GRID_MANAGER), password=PASSWORD[:5])
    assert {one.key for one in caught.value.faults} == {
        "people.bad_name",
        "people.manager_without_cells",
        "people.reaches_nothing",
        "people.password_length",
    }
    with pytest.raises(InputError, match="there is an account"):
        people.accounts.add(OPERATOR, "LI WEI", NEWPORT, password=PASSWORD)


def test_only_administrators_change_people(people: People) -> None:
    for scope in (Scope(None, role=Role.REGIONAL_MANAGER), Scope(frozenset({"Newport"}),
                                                                 role=Role.PLANNER)):  # fmt: skip
        doings: list[Callable[[], object]] = [
            lambda scope=scope: people.accounts.add(scope, "x", NEWPORT, password=PASSWORD),
            lambda scope=scope: people.accounts.set_grant(scope, "Li Wei", NEWPORT),
            lambda scope=scope: people.accounts.set_password(scope, "Li Wei", PASSWORD),
            lambda scope=scope: people.accounts.set_disabled(scope, "Li Wei", True),
            lambda scope=scope: people.accounts.end_all(scope, "Li Wei"),
            lambda scope=scope: people.accounts.list(scope),
            lambda scope=scope: people.accounts.regions(scope),
            lambda scope=scope: people.reset_password(scope, "Li Wei"),
            lambda scope=scope: people.tokens.add(scope, "Li Wei", TokenWish("x")),
            lambda scope=scope: people.tokens.of(scope, "Li Wei"),
        ]
        for doing in doings:
            with pytest.raises(PermissionDenied):
                doing()


def test_some_things_are_for_administrators_of_everything(people: People) -> None:
    half = Scope(frozenset({"Newport"}), role=Role.ADMIN)
    doings: list[Callable[[], object]] = [
        lambda: people.accounts.set_region(half, "North", ["Newport"]),
        lambda: people.tokens.revoke(half, "x"),
        lambda: people.contacts.list(half),
    ]
    for doing in doings:
        with pytest.raises(PermissionDenied):
            doing()


def test_an_administrator_of_a_part_does_not_reach_beyond_it(people: People) -> None:
    """Of Newport: the planner of Newport is within, all others look as if they were not there."""
    accounts = people.accounts
    accounts.set_region(OPERATOR, "Wales", ["Newport", "Cardiff"])
    accounts.set_region(OPERATOR, "Near", ["Newport"])
    beyond = {
        "wide": Grant(Role.PLANNER, everywhere=True),
        "two": Grant(Role.PLANNER, territories=frozenset({"Newport", "Cardiff"})),
        "wales": Grant(Role.PLANNER, regions=frozenset({"Wales"})),
        "unnamed": Grant(Role.PLANNER, regions=frozenset({"Not yet"})),
        "both": Grant(Role.PLANNER, territories=frozenset({"Newport"}),
                      regions=frozenset({"Not yet"})),
    }  # fmt: skip
    for name, grant in beyond.items():
        accounts.add(OPERATOR, name, grant, password=PASSWORD)
    half = Scope(frozenset({"Newport"}), role=Role.ADMIN, user="half")
    near = Grant(Role.ADMIN, regions=frozenset({"Near"}))
    accounts.add(half, "near", near, password=PASSWORD)
    assert [one.name for one in accounts.list(half)] == ["Li Wei", "near"]
    assert list(accounts.regions(half)) == ["Near"]
    for name, grant in beyond.items():
        with pytest.raises(PermissionDenied):
            accounts.add(half, f"{name} 2", grant, password=PASSWORD)
        with pytest.raises(PermissionDenied):
            accounts.set_grant(half, "Li Wei", grant)
        doings: list[Callable[[], object]] = [
            lambda name=name: accounts.set_grant(half, name, NEWPORT),
            lambda name=name: accounts.set_password(half, name, PASSWORD),
            lambda name=name: accounts.set_disabled(half, name, True),
            lambda name=name: accounts.end_all(half, name),
            lambda name=name: people.tokens.add(half, name, TokenWish("x")),
            lambda name=name: people.tokens.of(half, name),
            lambda name=name: people.reset_password(half, name),
        ]
        for doing in doings:
            with pytest.raises(InputError) as caught:
                doing()
            assert [one.key for one in caught.value.faults] == ["people.no_account"]
    assert people.sign_in("wide", PASSWORD) is not None


def test_what_administrators_do_stands_in_the_audit(people: People, store: Store) -> None:
    people.accounts.set_grant(OPERATOR, "li wei", NEWPORT)
    word = people.reset_password(OPERATOR, "Li Wei")
    people.tokens.add(OPERATOR, "Li Wei", TokenWish("QGIS"))
    people.accounts.set_disabled(OPERATOR, "Li Wei", True)
    people.accounts.set_region(OPERATOR, "Wales", ["Newport"])
    told = entries(store._engine, OPERATOR)
    assert [(one.action, one.subject) for one in reversed(told)] == [
        ("account_added", "account/Li Wei"),
        ("account_granted", "account/Li Wei"),
        ("password_set", "account/Li Wei"),
        ("token_made", "account/Li Wei"),
        ("account_disabled", "account/Li Wei"),
        ("region_set", "region/Wales"),
    ]
    assert verify_audit(store._engine, OPERATOR) == []
    assert word not in str(told)
    wanted = AuditFilter(action="token_made", actor="operator", since=dt.date(2026, 1, 1))
    assert len(entries(store._engine, OPERATOR, wanted=wanted)) == 1
    assert entries(store._engine, OPERATOR, wanted=AuditFilter(until=dt.date(2020, 1, 1))) == []
    day = dt.date.fromisoformat(told[0].time[:10])
    assert len(entries(store._engine, OPERATOR, wanted=AuditFilter(since=day, until=day))) == 6
    assert known_words(store._engine, OPERATOR)[0] == ["operator"]


def test_a_password_by_chance_opens_the_account_and_unlocks_it(people: People) -> None:
    before = signed_in(people)
    for _ in range(MOST_TRIES):
        people.sign_in("Li Wei", "a wrong password")
    word = people.reset_password(OPERATOR, "Li Wei")
    assert people.sessions.scope(before) is None
    assert people.sign_in("Li Wei", word) is not None


def test_everybody_changes_the_own_password_and_stays(people: People) -> None:
    here, elsewhere = signed_in(people), signed_in(people)
    me = people.sessions.scope(here)
    assert me is not None
    for old, new in (("a wrong password", "a better sentence"), (PASSWORD, "short")):
        with pytest.raises(InputError):
            people.change_own_password(me, old, new, keep=here)
    assert people.sessions.scope(elsewhere) == me
    people.change_own_password(me, PASSWORD, "a better sentence", keep=here)
    assert people.sessions.scope(here) == me
    assert people.sessions.scope(elsewhere) is None
    assert people.sign_in("Li Wei", PASSWORD) is None
    assert people.sign_in("Li Wei", "a better sentence") is not None


def test_guessing_the_old_password_is_as_slow_as_signing_in(people: People) -> None:
    here = signed_in(people)
    me = people.sessions.scope(here)
    assert me is not None
    for _ in range(MOST_TRIES):
        with pytest.raises(InputError):
            people.change_own_password(me, "a wrong password", "a better sentence", keep=here)
    with pytest.raises(InputError):
        people.change_own_password(me, PASSWORD, "a better sentence", keep=here)


def test_everybody_sees_and_ends_only_the_own_sessions_and_tokens(people: People) -> None:
    people.accounts.add(OPERATOR, "Zhang", NEWPORT, password=PASSWORD)
    here, elsewhere, other = signed_in(people), signed_in(people), signed_in(people, "Zhang")
    token = people.tokens.add(OPERATOR, "Li Wei", TokenWish("QGIS"))
    foreign = people.tokens.add(OPERATOR, "Zhang", TokenWish("script"))
    me = people.sessions.scope(here)
    assert me is not None
    assert [one.here for one in people.sessions.own(me, key=here)] == [False, True]
    assert [one.label for one in people.tokens.own(me)] == ["QGIS"]
    them = people.sessions.scope(other)
    assert them is not None
    for seen in (*people.tokens.own(me), *people.tokens.own(them)):
        people.tokens.end_own(me, seen.token_id)
    assert people.tokens.scope(token) is None
    assert people.tokens.scope(foreign) is not None
    people.sessions.end_own(me, keep=here)
    assert people.sessions.scope(elsewhere) is None
    assert None not in (people.sessions.scope(here), people.sessions.scope(other))
    people.accounts.end_all(OPERATOR, "Zhang")
    assert people.sessions.scope(other) is None
    assert people.tokens.scope(foreign) is None


def test_a_region_reaches_its_territories_and_those_it_gets_later(people: People) -> None:
    people.accounts.set_region(OPERATOR, "Wales", ["Newport", "Cardiff"])
    wide = Grant(Role.REGIONAL_MANAGER, regions=frozenset({"Wales"}))
    people.accounts.add(OPERATOR, "Zhang", wide, password=PASSWORD)
    key = signed_in(people, "Zhang")
    scope = people.sessions.scope(key)
    assert scope is not None and scope.territories == {"Newport", "Cardiff"}
    people.accounts.set_region(OPERATOR, "Wales", ["Cardiff"])
    scope = people.sessions.scope(key)
    assert scope is not None and scope.territories == {"Cardiff"}
    people.accounts.set_region(OPERATOR, "Wales", [])
    scope = people.sessions.scope(key)
    assert scope is not None and scope.territories == set()


def test_a_grid_manager_has_own_cells(people: People) -> None:
    grant = Grant(Role.GRID_MANAGER, territories=frozenset({"Newport"}), cells=frozenset({"o-1"}))
    people.accounts.add(OPERATOR, "Wang", grant, password=PASSWORD)
    scope = people.sessions.scope(signed_in(people, "Wang"))
    assert scope == Scope(
        frozenset({"Newport"}), frozenset({"o-1"}), role=Role.GRID_MANAGER, user="Wang"
    )
    assert people.accounts.list(OPERATOR)[1].grant == grant


def test_a_session_dies_on_logout_wherever_it_was_copied_to(people: People) -> None:
    mine = stolen = signed_in(people)
    people.sessions.end(mine)
    assert people.sessions.scope(stolen) is None


def test_the_key_is_another_after_each_sign_in(people: People) -> None:
    """A key that somebody put into the browser before is worth nothing after."""
    before = signed_in(people)
    after = people.sign_in("Li Wei", PASSWORD, instead_of=before)
    assert after not in (None, before)
    assert people.sessions.scope(before) is None
    assert people.sessions.scope(str(after)) is not None


def test_a_session_ends_when_idle(people: People, clock: Clock) -> None:
    """59 minutes of silence are borne, 60 are not; each use begins them anew."""
    key = signed_in(people)
    for _ in range(3):
        clock.pass_(minutes=59)
        assert people.sessions.scope(key) is not None
    clock.pass_(minutes=60)
    assert people.sessions.scope(key) is None


def test_a_session_ends_after_twelve_hours_however_busy(people: People, clock: Clock) -> None:
    key = signed_in(people)
    for _ in range(23):
        clock.pass_(minutes=30)
        assert people.sessions.scope(key) is not None
    clock.pass_(minutes=30)
    assert people.sessions.scope(key) is None


def test_limits_may_be_others(store: Store, people: People, clock: Clock) -> None:
    limits = SessionLimits(dt.timedelta(minutes=5), dt.timedelta(minutes=8))
    short = People(store._engine, passwords=CHEAP, limits=limits, clock=clock)
    assert people.sessions.limits != limits
    key = signed_in(short)
    clock.pass_(minutes=5)
    assert short.sessions.scope(key) is None


@pytest.mark.parametrize("change", ["grant", "password", "disable"])
def test_a_change_of_what_one_may_do_ends_the_sessions(people: People, change: str) -> None:
    key = signed_in(people)
    match change:
        case "grant":
            people.accounts.set_grant(OPERATOR, "Li Wei", Grant(Role.VIEWER, everywhere=True))
        case "password":
            people.accounts.set_password(OPERATOR, "Li Wei", PASSWORD)
        case _:
            people.accounts.set_disabled(OPERATOR, "Li Wei", True)
    assert people.sessions.scope(key) is None
    again = people.sign_in("Li Wei", PASSWORD)
    assert (again is None) == (change == "disable")


def test_ten_wrong_passwords_lock_a_name_for_a_quarter_of_an_hour(
    people: People, clock: Clock
) -> None:
    """The eleventh is refused though it is right; another name is not touched."""
    people.accounts.add(OPERATOR, "Zhang", NEWPORT, password=PASSWORD)
    for _ in range(MOST_TRIES):
        assert people.sign_in("li wei", "a wrong password") is None
    assert people.sign_in("Li Wei", PASSWORD) is None
    assert people.sign_in("Zhang", PASSWORD) is not None
    clock.time += WINDOW - dt.timedelta(seconds=1)
    assert people.sign_in("Li Wei", PASSWORD) is None
    clock.pass_(seconds=1)
    assert people.sign_in("Li Wei", PASSWORD) is not None


def test_many_tries_at_once_are_no_more_than_one_after_the_other(people: People) -> None:
    with ThreadPoolExecutor(8) as threads:
        allowed = list(threads.map(people.logins.may_try, ["Li Wei"] * 40))
    assert sum(allowed) == MOST_TRIES


def test_nine_wrong_passwords_do_not_lock_and_are_forgotten(people: People) -> None:
    for _ in range(2):
        for _ in range(MOST_TRIES - 1):
            assert people.sign_in("Li Wei", "a wrong password") is None
        assert people.sign_in("Li Wei", PASSWORD) is not None


def test_wrong_passwords_lock_a_name_for_their_address_only(people: People) -> None:
    for _ in range(MOST_TRIES):
        assert people.sign_in("Li Wei", "a wrong password", address="192.0.2.1") is None
    assert people.sign_in("Li Wei", PASSWORD, address="192.0.2.1") is None
    assert people.sign_in("Li Wei", PASSWORD, address="::ffff:192.0.2.1") is None
    assert people.sign_in("Li Wei", PASSWORD, address="192.0.2.2") is not None
    # the owner elsewhere has not unlocked it for whoever guesses; an administrator does
    assert people.sign_in("Li Wei", PASSWORD, address="192.0.2.1") is None
    people.logins.forget("li wei")
    assert people.sign_in("Li Wei", PASSWORD, address="192.0.2.1") is not None


def test_a_network_of_ipv6_is_one_address(people: People) -> None:
    tries = [people.logins.may_try("Li Wei", f"2001:db8::{one:x}") for one in range(20)]
    assert sum(tries) == MOST_TRIES
    assert people.logins.may_try("Li Wei", "2001:db8:0:1::1")


@pytest.fixture
def low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits of names and of addresses are 15 and 12 instead of a hundred."""
    monkeypatch.setattr(logins, "MOST_OF_NAME", 15)
    monkeypatch.setattr(logins, "MOST_OF_ADDRESS", 12)


@pytest.mark.usefixtures("low_limits")
def test_many_addresses_lock_a_name_for_all(people: People) -> None:
    tries = [people.logins.may_try("Li Wei", f"192.0.2.{one}") for one in range(18)]
    assert sum(tries) == 15
    assert not people.logins.may_try("Li Wei", "198.51.100.1")
    assert people.logins.may_try("Zhang", "198.51.100.1")


@pytest.mark.usefixtures("low_limits")
def test_many_names_lock_an_address(people: People, clock: Clock) -> None:
    tries = [people.logins.may_try(f"n{one}", "192.0.2.1") for one in range(18)]
    assert sum(tries) == 12
    assert people.sign_in("Li Wei", PASSWORD, address="192.0.2.1") is None
    assert people.sign_in("Li Wei", PASSWORD, address="192.0.2.2") is not None
    clock.pass_(minutes=15)
    assert people.sign_in("Li Wei", PASSWORD, address="192.0.2.1") is not None


@pytest.mark.usefixtures("low_limits")
def test_an_unknown_address_has_no_limit(people: People) -> None:
    """Behind a server that tells none, one person must not lock all the others out."""
    assert all(people.logins.may_try(f"n{one}") for one in range(18))


def test_an_unknown_name_is_hashed_and_locked_like_a_known_one(people: People) -> None:
    """What an attacker can see is the same: the work done, and when the work ends."""
    looked_at: list[str | None] = []
    real = CHEAP.matches

    class Watched(Passwords):
        def __init__(self) -> None:
            pass

        def matches(self, password: str, hashed: str | None) -> bool:
            looked_at.append(hashed)
            return real(password, hashed)

    people.accounts.passwords = Watched()
    for name in ("Li Wei", "nobody"):
        for _ in range(MOST_TRIES + 2):
            assert people.sign_in(name, "a wrong password") is None
    assert len(looked_at) == 2 * MOST_TRIES
    assert looked_at[MOST_TRIES:] == [None] * MOST_TRIES


def test_a_token_narrows_its_account_and_expires(people: People, clock: Clock) -> None:
    """A planner of Newport: a token for admins of Newport and Cardiff is a planner of Newport."""
    wide = TokenWish("x", days=2, role=Role.ADMIN, territories=frozenset({"Newport", "Cardiff"}))
    token = people.tokens.add(OPERATOR, "Li Wei", wide)
    assert token.startswith(PREFIX)
    assert people.tokens.scope(token) == Scope(
        frozenset({"Newport"}), role=Role.PLANNER, user="Li Wei"
    )
    reader = people.tokens.scope(people.tokens.add(OPERATOR, "Li Wei", TokenWish("reads")))
    assert reader is not None and not reader.may(Permission.EDIT)
    nowhere = people.tokens.add(
        OPERATOR, "Li Wei", TokenWish("x", territories=frozenset({"Cardiff"}))
    )
    scope = people.tokens.scope(nowhere)
    assert scope is not None and scope.territories == set()
    clock.pass_(days=2)
    assert people.tokens.scope(token) is None


def test_a_token_ends_when_told_or_with_its_account(people: People) -> None:
    first, second = (people.tokens.add(OPERATOR, "Li Wei", TokenWish("x")) for _ in range(2))
    people.tokens.revoke(OPERATOR, first)
    assert people.tokens.scope(first) is None
    assert people.tokens.scope(second) is not None
    people.accounts.set_disabled(OPERATOR, "Li Wei", True)
    people.accounts.set_disabled(OPERATOR, "Li Wei", False)
    assert people.tokens.scope(second) is None
    with pytest.raises(InputError):
        people.tokens.add(OPERATOR, "Li Wei", TokenWish("x", days=400))
    with pytest.raises(InputError):
        people.tokens.add(OPERATOR, "nobody", TokenWish("x"))


def test_who_saw_contacts_is_noted_once_an_hour(people: People, clock: Clock) -> None:
    scope = Scope(user="Li Wei")
    for _ in range(3):
        people.contacts.note(scope, 7, "routes")
    people.contacts.note(scope, 7, "card")
    clock.pass_(hours=1)
    people.contacts.note(scope, 7, "routes")
    assert [(one.account, one.what) for one in people.contacts.list(OPERATOR)] == [
        ("Li Wei", "routes"),
        ("Li Wei", "card"),
        ("Li Wei", "routes"),
    ]

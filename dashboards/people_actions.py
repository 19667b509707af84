"""What an administrator does to accounts: a form in, a sentence and maybe a secret out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dashboards.components.words import words
from dashboards.ids import People as Ids
from dashboards.pages import Desk
from dashboards.queries_people import people_of
from gridmap.catalogue import Language
from gridmap.errors import GridmapError, InputError, fault
from gridmap.store.grants import Grant
from gridmap.store.people_base import name_key
from gridmap.store.roles import Role
from gridmap.store.tokens import TokenWish


@dataclass(frozen=True)
class AccountForm:
    """What stands in the form; `chosen` is the account of the selected row, "" for none."""

    chosen: str
    disabled: bool
    name: str
    grant: Grant
    label: str
    days: int
    token_role: Role
    token_territories: frozenset[str]


@dataclass(frozen=True)
class Outcome:
    """What is said of an action, whether it was done, and what is shown this once."""

    said: tuple[str, ...]
    good: bool
    secret: str = ""
    secret_key: str = ""
    name: str = ""


Action = Callable[[Desk, AccountForm, Language], Outcome]


def act(desk: Desk, action: str, form: AccountForm, language: Language) -> Outcome:
    """Do what a button says; what the store refuses is said, with nothing done."""
    try:
        return ACTIONS[action](desk, form, language)
    except GridmapError as error:
        return Outcome(tuple(one.text(language) for one in error.faults), good=False)


def form_of(rows: list[Mapping[str, Any]] | None, values: Mapping[str, Any]) -> AccountForm:
    """Read what a browser sent; what is no role or number is taken as nothing chosen."""
    chosen = rows[0] if rows else {}

    def names(key: str) -> frozenset[str]:
        return frozenset(str(one) for one in values.get(key) or ())

    return AccountForm(
        chosen=str(chosen.get("name", "")),
        disabled=bool(chosen.get("disabled")),
        name=str(values.get(Ids.NAME) or ""),
        grant=Grant(
            _role(values.get(Ids.ROLE)),
            everywhere=bool(values.get(Ids.EVERYWHERE)),
            territories=names(Ids.TERRITORIES),
            regions=names(Ids.REGIONS),
            cells=names(Ids.CELLS),
        ),
        label=str(values.get(Ids.PROGRAM_LABEL) or "").strip(),
        days=_days(values.get(Ids.PROGRAM_DAYS)),
        token_role=_role(values.get(Ids.PROGRAM_ROLE)),
        token_territories=names(Ids.PROGRAM_TERRITORIES),
    )


def _add(desk: Desk, form: AccountForm, language: Language) -> Outcome:
    if not form.name.strip():
        return _ask("name", language)
    password = people_of(desk).add(desk.scope(), form.name, form.grant)
    return _shown("added", form.name.strip(), language, secret=password, heading="password")


def _save(desk: Desk, form: AccountForm, language: Language) -> Outcome:
    _not_own(desk, form)
    people_of(desk).accounts.set_grant(desk.scope(), form.chosen, form.grant)
    return _shown("saved", form.chosen, language)


def _reset(desk: Desk, form: AccountForm, language: Language) -> Outcome:
    _not_own(desk, form)
    password = people_of(desk).reset_password(desk.scope(), form.chosen)
    return _shown("reset", form.chosen, language, secret=password, heading="password")


def _disable(desk: Desk, form: AccountForm, language: Language) -> Outcome:
    _not_own(desk, form)
    people_of(desk).accounts.set_disabled(desk.scope(), form.chosen, not form.disabled)
    return _shown("reopened" if form.disabled else "closed", form.chosen, language)


def _end(desk: Desk, form: AccountForm, language: Language) -> Outcome:
    _not_own(desk, form)
    people_of(desk).accounts.end_all(desk.scope(), form.chosen)
    return _shown("ended", form.chosen, language)


def _make_token(desk: Desk, form: AccountForm, language: Language) -> Outcome:
    if not form.label:
        return _ask("label", language)
    wish = TokenWish(form.label, form.days, form.token_role, form.token_territories or None)
    token = people_of(desk).tokens.add(desk.scope(), form.chosen, wish)
    return _shown("made", form.chosen, language, secret=token, heading="token")


def _of_chosen(action: Action) -> Action:
    def guarded(desk: Desk, form: AccountForm, language: Language) -> Outcome:
        return action(desk, form, language) if form.chosen else _ask("choose", language)

    return guarded


#: What each button does.
ACTIONS: Final[dict[str, Action]] = {
    Ids.ADD: _add,
    Ids.SAVE: _of_chosen(_save),
    Ids.RESET: _of_chosen(_reset),
    Ids.DISABLE: _of_chosen(_disable),
    Ids.END: _of_chosen(_end),
    Ids.PROGRAM: _of_chosen(_make_token),
}


def _not_own(desk: Desk, form: AccountForm) -> None:
    """Refuse what could lock an administrator out; the own password has a page of its own."""
    if name_key(form.chosen) == name_key(desk.scope().user):
        raise InputError(fault("people.not_yourself", form.chosen))


def _ask(key: str, language: Language) -> Outcome:
    return Outcome((words(language, "administration.said")(key),), good=False)


def _shown(
    key: str, name: str, language: Language, *, secret: str = "", heading: str = ""
) -> Outcome:
    say = words(language, "administration.said")
    return Outcome((say(key, name=name),), good=True, secret=secret, secret_key=heading,
                   name=name)  # fmt: skip


def _role(value: object) -> Role:
    return next((one for one in Role if one == value), Role.VIEWER)


def _days(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0

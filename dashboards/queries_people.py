"""Accounts, tokens and the audit as the pages show them, within the reach of who asks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dashboards.components.words import words
from dashboards.formats import MISSING
from dashboards.pages import Desk
from gridmap.catalogue import Language, sentences, text
from gridmap.errors import GridmapError
from gridmap.store.accounts import Account
from gridmap.store.audit import AuditEntry, AuditFilter
from gridmap.store.grants import Grant
from gridmap.store.people import People
from gridmap.store.tokens import TokenSeen

#: Rows of the audit that a page shows at most.
MOST_ROWS = 500
_AREA = "administration"


def people_of(desk: Desk) -> People:
    """Return the people of a service that has accounts."""
    if desk.people is None:
        raise LookupError(_AREA)
    return desk.people


def role_name(role: str, language: Language) -> str:
    """Return the name of a role."""
    return text(f"{_AREA}.role.{role}", language)


def reach_words(grant: Grant, language: Language, names: Mapping[str, str] | None = None) -> str:
    """Return how far a grant reaches, in words; `names` are those of cells by their centres."""
    say = words(language, _AREA)
    if grant.everywhere:
        places = [say("accounts.everything")]
    else:
        places = [*sorted(grant.territories), *sorted(grant.regions)]
    cells = [say("audit.cell_subject", number=(names or {}).get(one, one))
             for one in sorted(grant.cells)]  # fmt: skip
    return ", ".join([*places, *cells])


def account_row(
    one: Account, language: Language, names: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return an account as a row of the table, with the plain values of its form."""
    say = words(language, _AREA)
    return {
        "id": str(one.account_id),
        "name": one.name,
        "role": one.grant.role.value,
        "role_name": role_name(one.grant.role, language),
        "reach": reach_words(one.grant, language, names),
        "state": say("accounts.closed" if one.disabled else "accounts.open"),
        "disabled": one.disabled,
        "everywhere": one.grant.everywhere,
        "territories": sorted(one.grant.territories),
        "regions": sorted(one.grant.regions),
        "cells": sorted(one.grant.cells),
    }


def account_rows(desk: Desk, language: Language) -> list[dict[str, Any]]:
    """Return the accounts within the caller's reach."""
    found = people_of(desk).accounts.list(desk.scope())
    names = {one["value"]: one["label"] for one in cell_choices(desk, None)}
    return [account_row(one, language, names) for one in found]


def territory_names(desk: Desk) -> list[str]:
    """Return the territories that the caller may grant: those with plans, and those granted."""
    scope = desk.scope()
    found = {one.territory_name for one in desk.plans.summaries(scope)} | (
        scope.territories or frozenset()
    )
    for one in people_of(desk).accounts.list(scope):
        found |= one.grant.territories
    return sorted(found)


def cell_choices(desk: Desk, scenario: int | None) -> list[dict[str, str]]:
    """Return the cells of a plan, or of the newest, by their centre outlets."""
    summaries = desk.plans.summaries(desk.scope())
    number = scenario if scenario is not None else next(
        (one.scenario_id for one in summaries), None
    )  # fmt: skip
    if number is None:
        return []
    try:
        table = desk.plans.plan(desk.scope(), number).scenario.cells
    except GridmapError:
        return []
    return [
        {"value": str(centre), "label": f"{code} · {name}"}
        for centre, code, name in zip(
            table["centre_outlet_id"], table["code"], table["name"], strict=True
        )
    ]


def token_words(one: TokenSeen, language: Language) -> str:
    """Return a token in words, without the token."""
    say = words(language, _AREA)
    reach = say("token.all_own") if one.territories is None else ", ".join(sorted(one.territories))
    return say("token.one", label=one.label, role=role_name(one.role, language), reach=reach,
               day=one.expires.date().isoformat())  # fmt: skip


def action_name(action: str, language: Language) -> str:
    """Return the name of an action of the audit; one of a later version has its own word."""
    return sentences(language).get(f"{_AREA}.action.{action}", action)


def subject_words(subject: str, language: Language) -> str:
    """Return what a row of the audit is about, in words."""
    kind, _, number = subject.partition("/")
    key = f"{_AREA}.audit.{kind}_subject"
    return text(key, language, number=number) if key in sentences(language) else subject


def detail_words(name: str, value: object, language: Language) -> str:
    """Return what else the audit tells of an act, in words; what is not known stays as it is."""
    key = f"{_AREA}.audit_detail.{name}"
    label = text(key, language) if key in sentences(language) else name
    if name == "role":
        told = role_name(str(value), language)
    elif name == "reach" and isinstance(value, list):
        told = ", ".join(_reach_part(str(one), language) for one in value)
    elif name == "change":
        told = str(value)[:12]
    elif isinstance(value, list):
        told = ", ".join(str(one) for one in value) or MISSING
    else:
        told = MISSING if value in (None, "") else str(value)
    return f"{label}: {told}"


def _reach_part(part: str, language: Language) -> str:
    kind, _, name = part.partition(" ")
    if kind == "everywhere":
        return text(f"{_AREA}.accounts.everything", language)
    return subject_words(f"{kind}/{name}", language)


def audit_rows(desk: Desk, wanted: AuditFilter, language: Language) -> list[dict[str, Any]]:
    """Return the newest rows of the audit that are wanted."""
    found = people_of(desk).audit.entries(desk.scope(), wanted, most=MOST_ROWS)
    return [_audit_row(one, language) for one in found]


def _audit_row(one: AuditEntry, language: Language) -> dict[str, Any]:
    detail = json.loads(one.detail)
    return {
        "id": str(one.audit_id),
        "row": one.audit_id,
        "time": one.time[:19].replace("T", " "),
        "actor": one.actor,
        "action": action_name(one.action, language),
        "subject": subject_words(one.subject, language),
        "detail": " · ".join(detail_words(name, value, language) for name, value in detail.items()),
    }


def contact_rows(desk: Desk) -> list[dict[str, Any]]:
    """Return who saw contacts, the newest first."""
    found = people_of(desk).contacts.list(desk.scope())[:MOST_ROWS]
    return [
        {
            "id": str(place),
            "account": one.account,
            "scenario": one.scenario_id,
            "what": one.what,
            "hour": one.hour[:16].replace("T", " "),
        }
        for place, one in enumerate(found)
    ]

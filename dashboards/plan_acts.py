"""What people do with plans: check what they wrote, call the store once, say what came of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from dashboards.api.problems import status_and_faults
from dashboards.api.workshop import Workshop
from dashboards.queries_plans import Act
from gridmap.catalogue import Language, text
from gridmap.errors import Fault, GridmapError, InputError, fault
from gridmap.store.scope import Scope

#: Kind of the job that plans the routes of a draft.
_ROUTES: Final = "reroute"
#: Longest text that is taken from a form.
MOST_CHARACTERS: Final = 4000


@dataclass(frozen=True)
class Wish:
    """What somebody wants done with a plan, as it was written into the form."""

    act: Act
    scenario_id: int
    name: str = ""
    day: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Done:
    """What came of it: a sentence, and the plan that was made, if one was."""

    said: str
    made: int | None = None


def perform(work: Workshop, scope: Scope, wish: Wish, language: Language) -> Done:
    """Do what is wanted; the store asks whether the caller may.

    Raises
    ------
    InputError
        If the form is not filled in, or the plan is not as far as that.
    StoreError, PermissionDenied
        If there is no such plan; if the caller may not.
    """
    number, flow = wish.scenario_id, work.workflow
    if wish.act is Act.OPEN:
        return Done("", work.drafts.open(scope, number, name=read_words(wish.name)))
    if wish.act is Act.ROUTE:
        place = work.drafts.version(scope, number).territory_name
        job = work.queue.ask(scope, _ROUTES, place, {"scenario_id": number})
        return Done(text("plans.done.route", language, number=number, job=job))
    if wish.act is Act.SUBMIT:
        flow.submit(scope, number)
        return Done(text("plans.done.submit", language, number=number))
    if wish.act is Act.SEND_BACK:
        reason = read_words(wish.reason)
        if not reason:
            raise InputError(fault("plans.fault.no_reason"))
        flow.send_back(scope, number, reason=reason)
        return Done(text("plans.done.send_back", language, number=number))
    day = read_day(wish.day)
    if wish.act is Act.PUBLISH:
        flow.publish(scope, number, effective_from=day)
        return Done(text("plans.done.publish", language, number=number, day=day))
    if wish.act is Act.ARCHIVE:
        flow.archive(scope, number, effective_until=day)
        return Done(text("plans.done.archive", language, number=number, day=day))
    return Done("", flow.roll_back(scope, number, effective_from=day))


def read_words(written: str) -> str:
    """Return what somebody wrote.

    Raises
    ------
    InputError
        If it is longer than people read.
    """
    said = written.strip()
    if len(said) > MOST_CHARACTERS:
        raise InputError(fault("plans.fault.too_long", length=len(said), most=MOST_CHARACTERS))
    return said


def read_day(written: str) -> dt.date:
    """Return the day that somebody wrote.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        return dt.date.fromisoformat(written.strip())
    except ValueError:
        raise InputError(fault("plans.fault.day", found=written[:40])) from None


def sentences(error: GridmapError, language: Language) -> list[str]:
    """Return what went wrong as sentences.

    Raises
    ------
    GridmapError
        The same one, if what it is about is out of the caller's reach: it looks as if it were
        not there.
    """
    status, faults = status_and_faults(error)
    if status == 404:
        raise error
    return [_told(one, language) for one in faults]


def _told(one: Fault, language: Language) -> str:
    """Return a fault of the plan that is shown, with statuses as people call them."""
    values = dict(one.values)
    if one.key == "drafts.wrong_status":
        values = {name: _statuses(str(value), language) for name, value in values.items()}
    return text(one.key, language, **values)


def _statuses(listed: str, language: Language) -> str:
    return ", ".join(text(f"plans.status.{one}", language) for one in listed.split(", "))

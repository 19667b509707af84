"""What grid managers have against a plan, and what they are answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from gridmap.errors import InputError, PermissionDenied, StoreError, fault
from gridmap.store import tables
from gridmap.store.audit import record
from gridmap.store.cell_tables import challenge
from gridmap.store.engine import reading, saving
from gridmap.store.roles import Permission
from gridmap.store.rows import new_id, now
from gridmap.store.scope import Scope
from gridmap.store.versions import Status, demand_status, version_of


class ChallengeState(StrEnum):
    """What became of a challenge."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True)
class Challenge:
    """An objection to one cell of a scenario.

    Attributes
    ----------
    challenge_id, scenario_id, cell_id, centre_outlet_id
        Which one, of which cell.
    author, made, words
        Who says what, when.
    units
        Units asked for, or to be given away; may be empty.
    state, answer, answered_by, answered
        What became of it.
    """

    challenge_id: int
    scenario_id: int
    cell_id: int
    centre_outlet_id: str
    author: str
    made: dt.datetime
    words: str
    units: tuple[int, ...]
    state: ChallengeState
    answer: str
    answered_by: str
    answered: dt.datetime | None


class Challenges:
    """Challenges in a database.

    Parameters
    ----------
    engine
        The database of a `Store`.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def file(
        self, scope: Scope, scenario_id: int, cell_id: int, words: str, *, units: Sequence[int] = ()
    ) -> int:
        """Write a challenge down and return its number.

        Raises
        ------
        InputError
            If the plan is neither in review nor published, has no such cell, or nothing is said.
        PermissionDenied
            If the cell is not the caller's.
        StoreError
            If there is no such scenario.
        """
        with saving(self._engine, scope) as connection:
            one = version_of(connection, scope, scenario_id, Permission.CHALLENGE)
            demand_status(one, Status.IN_REVIEW, Status.PUBLISHED)
            if not words.strip():
                raise InputError(fault("drafts.challenge.no_words"))
            centre = connection.execute(
                sa.select(tables.cell.c.centre_outlet_id).where(
                    tables.cell.c.scenario_id == scenario_id, tables.cell.c.cell_id == cell_id
                )
            ).scalar_one_or_none()
            if centre is None:
                raise InputError(fault("drafts.challenge.no_cell", scenario_id, cell=cell_id))
            if scope.cells is not None and centre not in scope.cells:
                raise PermissionDenied(fault("drafts.not_your_cell", centre))
            number = new_id(
                connection.execute(
                    sa.insert(challenge).values(
                        scenario_id=scenario_id,
                        cell_id=cell_id,
                        centre_outlet_id=centre,
                        author=scope.user,
                        made=now(),
                        words=words.strip(),
                        units=list(units),
                        state=ChallengeState.OPEN,
                        answer="",
                        answered_by="",
                    )
                )
            )
            record(connection, scope, "challenged", f"scenario/{scenario_id}", challenge=number)
            return number

    def answer(self, scope: Scope, challenge_id: int, *, accepted: bool, answer: str) -> None:
        """Accept or refuse an open challenge, with a reason.

        Raises
        ------
        InputError
            If it was answered before, or nothing is said.
        StoreError, PermissionDenied
            If there is no such challenge; if the caller may not edit the plan.
        """
        with saving(self._engine, scope) as connection:
            row = connection.execute(
                sa.select(challenge)
                .where(challenge.c.challenge_id == challenge_id)
                .with_for_update()
            ).one_or_none()
            if row is None:
                raise StoreError(fault("drafts.challenge.unknown", challenge_id))
            version_of(connection, scope, row.scenario_id, Permission.EDIT)
            if row.state != ChallengeState.OPEN:
                raise InputError(
                    fault("drafts.challenge.answered", challenge_id, author=row.answered_by)
                )
            if not answer.strip():
                raise InputError(fault("drafts.challenge.no_words"))
            state = ChallengeState.ACCEPTED if accepted else ChallengeState.REFUSED
            connection.execute(
                sa.update(challenge)
                .where(challenge.c.challenge_id == challenge_id)
                .values(state=state, answer=answer.strip(), answered_by=scope.user, answered=now())
            )
            record(connection, scope, state, f"challenge/{challenge_id}")

    def of(
        self, scope: Scope, scenario_id: int, *, state: ChallengeState | None = None
    ) -> list[Challenge]:
        """Return the challenges of a scenario, the oldest first; only of the caller's cells.

        Raises
        ------
        StoreError, PermissionDenied
            If there is no such scenario; if the caller may not read it.
        """
        query = sa.select(challenge).where(challenge.c.scenario_id == scenario_id)
        if state is not None:
            query = query.where(challenge.c.state == state)
        if scope.cells is not None:
            query = query.where(challenge.c.centre_outlet_id.in_(sorted(scope.cells)))
        with reading(self._engine, scope) as connection:
            version_of(connection, scope, scenario_id)
            rows = connection.execute(query.order_by(challenge.c.challenge_id)).all()
        return [
            Challenge(
                **{
                    **row._mapping,
                    "units": tuple(row.units),
                    "state": ChallengeState(row.state),
                }
            )
            for row in rows
        ]

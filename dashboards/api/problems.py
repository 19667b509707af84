"""What went wrong, for programs: one JSON shape, in the language of the caller."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from flask import Response, request
from werkzeug.exceptions import HTTPException

from dashboards.api.cell_numbers import outside
from gridmap.catalogue import LANGUAGES, Language
from gridmap.errors import (
    ConflictError,
    Fault,
    GridmapError,
    InfeasibleError,
    InputError,
    PermissionDenied,
    StoreError,
    fault,
)

#: Status of each kind of error; the first kind that fits counts.
STATUS: Final[Mapping[type[GridmapError], int]] = {
    ConflictError: 409,
    InputError: 422,
    InfeasibleError: 422,
    PermissionDenied: 403,
}
#: What was asked is all right, and does not go with how things stand.
_NOT_NOW: Final = (
    "drafts.not_planned", "drafts.not_redrawn", "drafts.wrong_status", "drafts.key_used",
    "drafts.nothing_to_undo", "drafts.nothing_to_redo", "cycle.as_made",
)  # fmt: skip
#: What is out of scope, and what is not there: both look the same.
_NOT_THERE: Final = ("store.out_of_scope", "store.no_scenario", "store.no_cells", "jobs.none_such",
               "cycle.no_cell")  # fmt: skip
#: Asked for too much at a time; later it may go.
_LATER: Final = ("jobs.too_many",)
_HTTP: Final = {401: "sign_in", 403: "forbidden", 404: "not_there", 405: "no_method",
                413: "too_large", 415: "no_json"}  # fmt: skip


class NotThere(GridmapError):
    """There is nothing of that name, or it is out of scope."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(*(faults or (fault("api.not_there"),)))


def status_and_faults(error: GridmapError) -> tuple[int, tuple[Fault, ...]]:
    """Return how an error is told; nothing in the answer says what is merely out of scope."""
    keys = {one.key for one in error.faults}
    if isinstance(error, NotThere):
        return 404, error.faults
    if keys & {*_NOT_THERE}:
        return 404, NotThere().faults
    if keys & {*_NOT_NOW}:
        return 409, error.faults
    if keys & {*_LATER}:
        return 429, error.faults
    if isinstance(error, StoreError):
        return 503, error.faults
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500), (
        error.faults
    )


def told(error: GridmapError, language: Language) -> Response:
    """Return the answer to a request that failed."""
    status, faults = status_and_faults(error)
    return problem(status, tuple(map(outside, faults)), language)


def told_http(error: HTTPException, language: Language) -> Response:
    """Return the answer to a request that never got so far."""
    status = error.code or 500
    answer = problem(status, (fault(f"api.{_HTTP.get(status, 'bad_request')}"),), language)
    for name, value in error.get_headers(request.environ):
        if name == "Allow":
            answer.headers[name] = value
    return answer


def problem(status: int, faults: tuple[Fault, ...], language: Language) -> Response:
    """Return faults as ``{"code": …, "faults": [{"key", "text", "where"}]}``."""
    said: dict[str, Any] = {
        "code": status,
        "faults": [
            {"key": one.key, "text": one.text(language), "where": one.where} for one in faults
        ],
    }
    answer = Response(json.dumps(said, ensure_ascii=False), status, mimetype="application/json")
    answer.cache_control.no_store = True
    return answer


def asked_language(otherwise: Language) -> Language:
    """Return the language of ``?lang=``, else that of the header, else another."""
    asked = request.args.get("lang", "")
    if asked not in LANGUAGES:
        asked = request.accept_languages.best_match(LANGUAGES) or ""
    return next((one for one in LANGUAGES if one == asked), otherwise)

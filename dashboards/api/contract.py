"""What a route of the API takes and gives, said once: for reading, answering and describing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, NoReturn

import pydantic
from flask import Response, request

from dashboards.api.problems import NotThere
from gridmap.catalogue import LANGUAGES
from gridmap.errors import Fault, InputError, fault
from gridmap.field_faults import field_faults

_MARK: Final = "gridmap_contract"
#: Largest number a database keeps in four bytes.
MAX_ID: Final = 2**31 - 1


@dataclass(frozen=True)
class Contract:
    """What a route takes and gives.

    Attributes
    ----------
    gives
        Model of the answer; None = a file.
    status
        Status of the answer.
    query, body
        Models of the parameters and of the body; None = takes none.
    file
        Whether the body is a form with a file.
    key
        Whether it takes the header ``Idempotency-Key``.
    """

    gives: type[pydantic.BaseModel] | None
    status: int = 200
    query: type[pydantic.BaseModel] | None = None
    body: type[pydantic.BaseModel] | None = None
    file: bool = False
    key: bool = False


def contract(
    *,
    gives: type[pydantic.BaseModel] | None,
    status: int = 200,
    query: type[pydantic.BaseModel] | None = None,
    body: type[pydantic.BaseModel] | None = None,
    file: bool = False,
    key: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Read what a route takes into ``query=`` and ``body=``, and write what it gives.

    Raises
    ------
    InputError
        At a request with parameters or a body that cannot be used; all faults at once.
    """
    agreed = Contract(gives, status, query, body, file, key)

    def decorate(function: Callable[..., Any]) -> Callable[..., Response]:
        @wraps(function)
        def answered(**places: Any) -> Response:
            if any(isinstance(one, int) and one > MAX_ID for one in places.values()):
                raise NotThere
            read, faults = {}, _language_faults()
            for name, model, take in (("query", query, _parameters), ("body", body, _body)):
                if model is None:
                    continue
                try:
                    read[name] = model.model_validate(take())
                except pydantic.ValidationError as error:
                    faults += field_faults(error)
                except InputError as error:
                    faults += error.faults
            if faults:
                raise InputError(*faults)
            return _written(function(**places, **read), status)

        setattr(answered, _MARK, agreed)
        return answered

    return decorate


def contract_of(function: object) -> Contract | None:
    """Return what a route takes and gives; None if it does not say."""
    agreed: Contract | None = getattr(function, _MARK, None)
    return agreed


def _language_faults() -> list[Fault]:
    asked = request.args.get("lang")
    if asked is None or asked in LANGUAGES:
        return []
    return [fault("fields.choice", "lang", known=", ".join(LANGUAGES))]


def _parameters() -> dict[str, str]:
    return {name: value for name, value in request.args.items() if name != "lang"}


def _body() -> Any:
    """Return the JSON of the body; what a database could not keep is refused here.

    Raises
    ------
    InputError
        If it is no JSON.
    """
    raw = request.get_data(cache=True)
    if not raw:
        return {}
    try:
        read = json.loads(raw, parse_constant=_no_number)
        if b"\\u0000" in json.dumps(read, ensure_ascii=False).encode():
            _no_number("NUL")
    except (ValueError, RecursionError) as error:
        raise InputError(fault("api.no_json", "body")) from error
    return read


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _written(made: Any, status: int) -> Response:
    if isinstance(made, Response):
        return made
    said: Mapping[str, Any] | Any = made
    if isinstance(made, pydantic.BaseModel):
        said = made.model_dump(mode="json")
    text = json.dumps(said, ensure_ascii=False, allow_nan=False)
    answer = Response(text, status, mimetype="application/json")
    answer.cache_control.no_store = True
    return answer

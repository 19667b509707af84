"""What pydantic finds wrong with fields, as faults with sentences in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pydantic

from gridmap.errors import Fault, fault

#: Sentence of each kind of error; the values in its context fill the sentence.
SENTENCE: Final[Mapping[str, str]] = {
    "missing": "missing",
    "extra_forbidden": "unknown",
    **dict.fromkeys(("literal_error", "enum", "union_tag_invalid"), "choice"),
    "union_tag_not_found": "no_kind",
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "whole"),
    "int_parsing_size": "long_number",
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), "number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "bool"),
    **dict.fromkeys(("string_type", "string_unicode"), "text"),
    "string_too_short": "short_text",
    "string_too_long": "long_text",
    "string_pattern_mismatch": "pattern",
    **dict.fromkeys(
        (
            "date_type",
            "date_parsing",
            "date_from_datetime_parsing",
            "date_from_datetime_inexact",
        ),
        "date",
    ),
    "greater_than": "above",
    "greater_than_equal": "least",
    "less_than": "below",
    "less_than_equal": "most",
    **dict.fromkeys(("tuple_type", "list_type", "set_type", "frozen_set_type"), "list"),
    "too_short": "short_list",
    "too_long": "long_list",
    **dict.fromkeys(
        ("dict_type", "mapping_type", "model_type", "model_attributes_type", "invalid_key"),
        "object",
    ),
    "none_required": "null",
}
_MOST_CHARACTERS: Final = 200


def field_faults(error: pydantic.ValidationError, *, within: str = "") -> list[Fault]:
    """Return a fault for each thing that is wrong with fields.

    Parameters
    ----------
    error
        What pydantic found.
    within
        Field in which all of it lies, if any.
    """
    return [each for one in error.errors(include_url=False) for each in _faults(one, within)]


def _faults(one: Mapping[str, Any], within: str) -> Iterator[Fault]:
    where = place_of(one["loc"], within)
    context: Mapping[str, Any] = one.get("ctx", {})
    told = context.get("faults") or getattr(context.get("error"), "faults", ())
    if told:
        # a rule of our own, with sentences of its own
        for each in told:
            place = ".".join(filter(None, (where, each.where)))
            yield Fault(each.key, place, each.values)
        return
    sentence = SENTENCE.get(one["type"], "other")
    values = {name: value for name, value in context.items() if name != "error"}
    known = values.pop("expected", values.pop("expected_tags", ""))
    yield fault(f"fields.{sentence}", where, known=known, **values)


def place_of(location: Sequence[object], within: str = "") -> str:
    """Return where a field is, as `edit.units.3`.

    Examples
    --------
    >>> place_of(("centres", "tuple[str, ...]", 0), "partition")
    'partition.centres.0'
    """
    # brackets name the branch of a choice of types, which is not part of what was sent
    parts = [str(one) for one in location if not (isinstance(one, str) and "[" in one)]
    return ".".join([*([within] if within else []), *parts])[:_MOST_CHARACTERS]

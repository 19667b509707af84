"""What pydantic finds is told in the catalogue's sentences, never in its own English."""

import datetime as dt
from enum import StrEnum
from typing import Annotated, Any, Literal, get_args

import pydantic
import pytest
from pydantic_core.core_schema import ErrorType

from gridmap.errors import InputError, fault
from gridmap.field_faults import SENTENCE, field_faults
from gridmap.policies import PlanRequest


class Colour(StrEnum):
    RED = "red"


class Dog(pydantic.BaseModel):
    kind: Literal["dog"]


class Cat(pydantic.BaseModel):
    kind: Literal["cat"]


def told(annotation: Any, value: object) -> tuple[str, str, str]:
    """Key and sentences of the only thing that is wrong with a value."""
    try:
        pydantic.TypeAdapter(annotation).validate_python(value)
    except pydantic.ValidationError as error:
        (found,) = field_faults(error, within="field")
        assert found.where.startswith("field")
        return found.key, found.text("en"), found.text("zh")
    raise AssertionError("it was taken")


def limited(annotation: Any, **limits: Any) -> Any:
    return Annotated[annotation, pydantic.Field(**limits)]


@pytest.mark.parametrize(
    ("annotation", "value", "sentence", "names"),
    [
        (Literal["a", "b"], "c", "choice", "'a' or 'b'"),
        (Colour, "blue", "choice", "'red'"),
        (limited(Dog | Cat, discriminator="kind"), {"kind": "cow"}, "choice", "'dog', 'cat'"),
        (limited(Dog | Cat, discriminator="kind"), {}, "no_kind", "'kind'"),
        (int, "x", "whole", ""),
        (int, 1.5, "whole", ""),
        (int, "1" * 5000, "long_number", ""),
        (float, "x", "number", ""),
        (limited(float, allow_inf_nan=False), "nan", "number", ""),
        (bool, "x", "bool", ""),
        (str, 1, "text", ""),
        (limited(str, min_length=3), "x", "short_text", "3"),
        (limited(str, max_length=3), "long", "long_text", "3"),
        (limited(str, pattern="^a$"), "b", "pattern", "^a$"),
        (dt.date, "x", "date", "2026"),
        (dt.date, "2026-03-01T05:00:00", "date", "2026"),
        (limited(float, gt=0), 0, "above", "0"),
        (limited(int, ge=2), 1, "least", "2"),
        (limited(float, lt=1), 1, "below", "1"),
        (limited(int, le=2), 3, "most", "2"),
        (tuple[int, ...], "x", "list", ""),
        (limited(tuple[int, ...], min_length=2), (1,), "short_list", "2"),
        (limited(tuple[int, ...], max_length=1), (1, 2), "long_list", "1"),
        (dict[str, int], 1, "object", ""),
        (Dog, 1, "object", ""),
        (None, 1, "null", ""),
    ],
)
def test_each_kind_of_fault_has_a_sentence_that_names_the_limit(
    annotation: Any, value: object, sentence: str, names: str
) -> None:
    key, english, chinese = told(annotation, value)
    assert key == f"fields.{sentence}"
    assert names in english and names in chinese
    assert "should be" not in english + chinese, "these are pydantic's words"


def test_all_kinds_that_are_told_apart_exist() -> None:
    assert set(SENTENCE) <= set(get_args(ErrorType))


def test_a_kind_without_a_sentence_is_told_without_words_of_pydantic() -> None:
    key, english, chinese = told(dt.timedelta, "x")
    assert key == "fields.other"
    assert "duration" not in english + chinese


def test_rules_of_our_own_keep_their_sentences_and_say_where() -> None:
    """Of policies, and of validators that raise one of our errors."""
    asked = {"routing": {"working_days": []}, "scoring": {"quadrants": {"leader": 10.0}}}
    with pytest.raises(pydantic.ValidationError) as caught:
        PlanRequest.model_validate(asked)
    found = {one.key: one for one in field_faults(caught.value, within="request")}
    assert found["fields.policy.working_days"].where == "request.routing.working_days"
    assert "工作日" in found["fields.policy.working_days"].text("zh")

    def refuse(_: object) -> object:
        raise InputError(fault("drafts.key_used", "here"))

    told = pydantic.TypeAdapter(Annotated[int, pydantic.BeforeValidator(refuse)])
    with pytest.raises(pydantic.ValidationError) as caught:
        told.validate_python(1)
    (one,) = field_faults(caught.value, within="field")
    assert (one.key, one.where) == ("drafts.key_used", "field.here")

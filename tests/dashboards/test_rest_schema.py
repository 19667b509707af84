"""Schemathesis asks REST whatever its description allows, and what it does not allow.

No answer is a failure of the server, and each is one that the description has: status, type of
content, shape, headers. What breaks the description is refused.
"""

from collections import Counter
from typing import Any

import hypothesis
import hypothesis.strategies as st
import pytest
import schemathesis
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi import checks

from tests.dashboards.rest_town import V1, Town, middle_of, versions_of

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.unsupported_method,
    checks.ignored_auth,
]


#: Or the answer comes packed, and Schemathesis does not unpack what the application gives it.
PLAIN = {"Accept-Encoding": "identity"}


def asked_of(town: Town, examples: int) -> Counter[tuple[str, int]]:
    """Ask every operation so many times; how often each was answered with which status."""
    caller = town["chen"]
    headers = caller.headers | PLAIN
    schema = schemathesis.openapi.from_wsgi(
        f"{V1}/openapi.json", caller.client.application, headers=headers
    )
    known = known_values(town)
    answered: Counter[tuple[str, int]] = Counter()
    for found in schema.get_all_operations():
        operation = found.ok()
        wanted = st.one_of(
            operation.as_strategy(GenerationMode.POSITIVE),
            operation.as_strategy(GenerationMode.NEGATIVE),
        )

        @hypothesis.seed(20_260_301)
        @hypothesis.settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=wanted, data=st.data())
        def ask(case: Case, data: st.DataObject) -> None:
            aim(case, data, known)
            hypothesis.assume(is_sent(case))
            given = headers if keeps_headers(case) else PLAIN
            answer = case.call(headers=given)
            answered[operation.label, answer.status_code] += 1  # noqa: B023
            case.validate_response(answer, checks=CHECKS, headers=given)

        ask()
    return answered


def known_values(town: Town) -> dict[str, list[Any]]:
    """Values of fields and places that name what is there, or what is elsewhere."""
    li, draft = town["li"], town.draft("chen")
    line = [middle_of(li, draft, 6, 12), middle_of(li, draft, 8, 14)]
    names = ("cell_id", "to", "cell", "keep", "gone", "giver", "taker", "first", "second")
    versions = {str(cell): version for cell, version in versions_of(li, draft).items()}
    return {
        **{name: [1, 2] for name in names},
        **{name: [[2], [21], [3, 9]] for name in ("units", "first_units", "second_units")},
        "scenario_id": [town.own, draft, town.foreign],
        "job_id": [1, 2],
        "territory": ["Grid Town", "Elsewhere"],
        "lon": [line[0][0]], "lat": [line[0][1]], "line": [line], "stroke": [line],
        "unit": [0, 7], "versions": [versions],
    }  # fmt: skip


def aim(case: Case, data: st.DataObject, known: dict[str, list[Any]]) -> None:
    """Let a question that keeps to the description be about what is there, as a rule."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict):
            _aim(part, data, known)


def _aim(part: dict[str, Any], data: st.DataObject, known: dict[str, list[Any]]) -> None:
    for name, value in part.items():
        if name in known:
            part[name] = data.draw(st.sampled_from([*known[name], value]))
        elif isinstance(value, dict):
            _aim(value, data, known)


def keeps_headers(case: Case) -> bool:
    """Whether the headers are not what breaks the description: else no token is added to them."""
    header = case.meta.components.get(ParameterLocation.HEADER) if case.meta else None
    return header is None or header.mode.is_positive


def is_sent(case: Case) -> bool:
    """Whether all parameters reach the address: an empty list would leave no trace there."""
    query = case.query if isinstance(case.query, dict) else {}
    return not any(value in ([], {}) for value in query.values())


def statuses(answered: Counter[tuple[str, int]]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for label, status in answered:
        found.setdefault(label, set()).add(status)
    return found


def test_answers_are_those_of_the_description(town: Town) -> None:
    found = statuses(asked_of(town, 10))
    assert len(found) > 25
    good = {label for label, said in found.items() if {200, 201, 202} & said}
    assert len(good) > 15, f"too few questions were answered: {found}"


@pytest.mark.deep
def test_answers_are_those_of_the_description_whatever_is_asked(town: Town) -> None:
    found: dict[str, Any] = statuses(asked_of(town, 400))
    assert len(found) > 25

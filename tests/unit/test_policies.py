"""Policies check themselves when they are made."""

import pytest
from pydantic import ValidationError

from gridmap.policies import (
    PartitionPolicy,
    PlanRequest,
    RoutingPolicy,
    WorkingDay,
    clock_of,
    seconds_of,
)


def test_defaults_make_a_request() -> None:
    request = PlanRequest()
    assert request.routing.cycle_days == 20
    assert request.scoring.modes == {"walk": (5.0, 10.0, 15.0)}


def test_a_request_survives_json() -> None:
    request = PlanRequest(routing=RoutingPolicy(weeks=2, working_days=(5, 1, 3)))
    assert request.routing.working_days == (1, 3, 5)
    assert PlanRequest.model_validate_json(request.model_dump_json()) == request


@pytest.mark.parametrize(
    "wrong",
    [
        {"tolerance": 0.0},
        {"tolerance": 1.0},
        {"method": "guess"},
        {"workloads": []},
        {"workloads": ["demand", "demand"]},
        {"unknown": 1},
    ],
)
def test_wrong_partition_policies_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PartitionPolicy.model_validate(wrong)


def test_a_day_starts_before_it_ends() -> None:
    with pytest.raises(ValidationError, match="18:00"):
        WorkingDay(start="18:00", end="08:00")
    with pytest.raises(ValidationError):
        WorkingDay(start="24:00")


@pytest.mark.parametrize("days", [(), (1, 1), (0,), (8,)])
def test_working_days_are_weekdays_each_once(days: tuple[int, ...]) -> None:
    with pytest.raises(ValidationError):
        RoutingPolicy(working_days=days)


def test_clock_and_seconds_are_inverse() -> None:
    assert seconds_of("08:30") == 30600.0
    assert clock_of(30600.0) == "08:30"
    assert clock_of(30629.0) == "08:30"
    assert clock_of(30630.0) == "08:31"
    assert WorkingDay().end_s == 64800.0

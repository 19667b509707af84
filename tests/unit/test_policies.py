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


def routing_faults(**given: object) -> dict[str, str]:
    """Where each fault of a routing policy is, and its key."""
    with pytest.raises(ValidationError) as raised:
        RoutingPolicy.model_validate(given)
    (error,) = raised.value.errors()
    for one in error["ctx"]["faults"]:
        assert one.text("zh") != one.text("en")
    return {one.where: one.key.removeprefix("visits.") for one in error["ctx"]["faults"]}


def test_all_faults_of_days_and_hours_come_together() -> None:
    """1 December 2026 is a Tuesday; the cycle has weeks 1 to 4 and no Sunday."""
    agreed = {"outlet": "a", "start": "09:00", "end": "10:00"}
    assert routing_faults(
        cycle_start="2026-12-01",
        holidays=["sometime", "2:We"],
        outlets={
            "a": {"hours": "9 to 5", "visit_days": "5:Mo", "fixed_visits": "1:Su"},
            "b": {"no_visit_days": "2026-12-07"},
        },
        appointments=[
            agreed | {"day": "2:We"},
            agreed | {"day": "Mo"},
            agreed | {"day": "2027-06-01"},
            agreed | {"day": "1:Mo"},
            agreed | {"day": "1:Mo", "end": "11:00"},
            agreed | {"day": "1:Tu", "end": "08:00"},
        ],
    ) == {
        "cycle_start": "start_not_monday",
        "holidays": "days_unreadable",
        "outlets.a.hours": "hours_unreadable",
        "outlets.a.visit_days": "days_unreadable",
        "outlets.a.fixed_visits": "not_worked",
        "outlets.b.no_visit_days": "days_unreadable",
        "appointments[1]": "not_worked",
        "appointments[2]": "not_one_day",
        "appointments[3]": "not_one_day",
        "appointments[5]": "appointment_twice",
        "appointments[6]": "window_outside_day",
    }


def test_a_date_needs_the_start_of_the_cycle() -> None:
    assert routing_faults(holidays=["2026-12-25"]) == {"holidays": "date_without_start"}


@pytest.mark.parametrize(
    ("grade", "key"),
    [
        ({"visits": 2, "patterns": ["Mo"]}, "pattern_count"),
        ({"visits": 1, "patterns": ["1:Su"]}, "pattern_count"),
        ({"visits": 1, "patterns": ["1:Xx"]}, "days_unreadable"),
        ({"visits": 4, "patterns": ["Mo"], "least_gap": 2}, "patterns_and_gaps"),
        ({"visits": 2, "least_gap": 9, "most_gap": 8}, "gaps_crossed"),
        ({"visits": 2, "least_gap": 11}, "gaps_impossible"),
        ({"visits": 2, "most_gap": 9}, "gaps_impossible"),
    ],
)
def test_grades_whose_days_cannot_be(grade: dict[str, object], key: str) -> None:
    assert routing_faults(grade_policy={"A": grade | {"minutes": 5}}) == {"grade_policy.A": key}


def test_a_policy_with_days_survives_json() -> None:
    policy = RoutingPolicy.model_validate(
        {
            "cycle_start": "2026-11-30",
            "holidays": ["2026-12-25", "2:We"],
            "outlets": {"a": {"hours": "Mo-Fr 09:00-12:00", "fixed_visits": "1,3:Mo"}},
            "appointments": [
                {"outlet": "a", "day": "2026-12-07", "start": "09:00", "end": "10:00"}
            ],
        }
    )
    assert RoutingPolicy.model_validate_json(policy.model_dump_json()) == policy


@pytest.mark.parametrize(
    "wrong", [{"lunch_after": "13:00", "lunch_until": "12:00"}, {"min_calls": 17}]
)
def test_limits_of_a_day_leave_something(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        WorkingDay.model_validate(wrong)


def test_managers_and_skills_that_do_not_fit_together() -> None:
    assert routing_faults(
        managers=[
            {"name": "Ann", "days": "Su"},
            {"name": "Ann"},
            {"name": "Bo", "days": "Xx", "min_calls": 5, "max_calls": 4},
        ],
        skills=[
            {"skill": "repair", "grades": ["Z"]},
            {"skill": "sell"},
        ],
    ) == {
        "managers[1].days": "not_worked",
        "managers[2]": "manager_twice",
        "managers[3].days": "days_unreadable",
        "managers[3]": "calls_crossed",
        "skills[1]": "grades_unknown",
        "skills[2]": "need_of_nobody",
    }
    assert routing_faults(skills=[{"skill": "repair", "grades": ["A"]}]) == {
        "skills[1]": "skill_of_nobody"
    }

"""Rules on the days of visits: spacing, holidays, fixed and unwanted days."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, zip_longest

import numpy as np

from gridmap.errors import Fault, fault, some_ids
from gridmap.routing.verify_plan import WrittenPlan
from gridmap.weekly import cycle_days


def spacing(plan: WrittenPlan) -> list[Fault]:
    """Visits of an outlet lie on a set of days that its grade allows, but for holidays.

    How many there are, two on one day, visits on a holiday and the fixed visits of single outlets
    are other rules' matter.
    """
    grade = plan.outlets.drop_duplicates("outlet_id").set_index("outlet_id")["grade"]
    wrong = []
    for outlet, days in plan.visit_days.items():
        asked = plan.policy.outlets.get(outlet)
        if plan.holidays & set(days) or len(set(days)) < len(days):
            continue
        if (asked is not None and asked.fixed_visits) or grade.get(outlet) not in (
            plan.policy.grade_policy
        ):
            continue
        if outlet in plan.under_way.new and min(days) >= plan.under_way.from_day:
            continue
        allowed = _allowed_days(plan, str(grade[outlet]))
        due = int(plan.due.get(outlet, 0))
        spared = len(plan.holidays)
        if due - spared <= len(days) <= due and not _made_up(plan, outlet, days, due, allowed):
            wrong.append(outlet)
    return [fault("routing.check.spacing", some_ids(wrong))] if wrong else []


def _allowed_days(plan: WrittenPlan, grade: str) -> Callable[[list[int]], bool]:
    """Return whether sorted days, holidays among them, are what a grade allows.

    By default visits are as evenly spread over the cycle as whole days allow; a number of them
    that divides the weeks falls on one weekday, in equal distances.
    """
    policy, asked = plan.policy, plan.policy.grade_policy[grade]
    if asked.patterns:
        patterns = [plan.numbers(cycle_days(text, policy.weeks)) for text in asked.patterns]
        return lambda days: set(days) in patterns
    cycle, visits = policy.cycle_days, max(asked.visits, 1)
    if asked.least_gap or asked.most_gap:
        least, most = asked.least_gap or 1, asked.most_gap or cycle
    else:
        least = cycle // visits
        most = least if policy.weeks % visits == 0 else least + 1

    def spread(days: list[int]) -> bool:
        gaps = np.diff([*days, days[0] + cycle])
        return len(days) == 1 or bool(((gaps >= least) & (gaps <= most)).all())

    return spread


def _made_up(
    plan: WrittenPlan, outlet: str, days: list[int], due: int, allowed: Callable[[list[int]], bool]
) -> bool:
    """Return whether days are allowed once visits that were made up for are put back.

    These are visits that were missed, or whose managers were on leave.
    """
    off = sorted(plan.given_up(outlet) - set(days))
    for count in range(min(len(off), len(days)) + 1):
        for gone in combinations(off, count):
            for made_up in combinations(days, count):
                wanted = sorted({*days, *gone} - set(made_up))
                if _comes_from(plan, wanted, due, allowed):
                    return True
    return False


def _comes_from(
    plan: WrittenPlan, days: list[int], due: int, allowed: Callable[[list[int]], bool]
) -> bool:
    """Return whether some allowed set of `due` days becomes `days` when holidays are moved."""
    if not plan.holidays:
        return len(days) == due and allowed(days)
    for count in range(min(due, len(plan.holidays)) + 1):
        for off in combinations(sorted(plan.holidays), count):
            for on in combinations(days, due - count) if due - count <= len(days) else ():
                wanted = sorted({*off, *on})
                if len(wanted) == due and allowed(wanted) and _moved(plan, wanted) == set(days):
                    return True
    return False


def _moved(plan: WrittenPlan, wanted: list[int]) -> set[int]:
    """Return days after those on holidays were moved or left out, in the order of the days."""
    cycle, shift = plan.policy.cycle_days, plan.policy.holiday_shift
    days = set(wanted) - plan.holidays
    for holiday in [day for day in wanted if day in plan.holidays]:
        before, after = list(range(holiday - 1, -1, -1)), list(range(holiday + 1, cycle))
        by_distance = [
            day for pair in zip_longest(before, after) for day in pair if day is not None
        ]
        order = {
            "skip": [],
            "before": before + after,
            "after": after + before,
            "nearest": by_distance,
        }[shift]
        free = [day for day in order if day not in plan.holidays and day not in days]
        days.update(free[:1])
    return days


def holidays(plan: WrittenPlan) -> list[Fault]:
    """Nobody is visited on a holiday."""
    wrong = plan.days.loc[plan.days["day"].isin(plan.holidays), "route_id"].drop_duplicates()
    return [fault("routing.check.holidays", some_ids(wrong))] if len(wrong) else []


def fixed_visits(plan: WrittenPlan) -> list[Fault]:
    """Outlets with fixed visits have them on these days, but for holidays; appointments are kept.

    Those that the plan names as left out have none.
    """
    wrong = []
    for outlet, asked in plan.policy.outlets.items():
        if asked.fixed_visits and outlet in plan.due.index and outlet not in plan.left_out:
            wanted = sorted(plan.numbers(cycle_days(asked.fixed_visits, plan.policy.weeks)))
            found = plan.visit_days.get(outlet, [])
            if plan.holidays & set(found) or plan.given_up(outlet) & set(wanted):
                continue
            # How many there are is the matter of the frequency, but for those on holidays.
            counted = len(wanted) - len(plan.holidays) <= len(found) <= len(wanted)
            if counted and set(found) != _moved(plan, wanted):
                wrong.append(outlet)
    return [fault("routing.check.fixed_visits", some_ids(wrong))] if wrong else []


def outlet_days(plan: WrittenPlan) -> list[Fault]:
    """No outlet is visited on a day that it does not want, unless by appointment."""
    wrong = []
    for outlet, asked in plan.policy.outlets.items():
        days = set(plan.visit_days.get(outlet, ()))
        days -= {day for one, day in plan.appointments if one == outlet}
        weeks = plan.policy.weeks
        only = plan.numbers(cycle_days(asked.visit_days, weeks)) if asked.visit_days else days
        never = (
            plan.numbers(cycle_days(asked.no_visit_days, weeks)) if asked.no_visit_days else set()
        )
        if days - only or days & never:
            wrong.append(outlet)
    return [fault("routing.check.outlet_days", some_ids(wrong))] if wrong else []

"""Hours, days and priority of outlets, from the columns that a project names."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from geodata.project import load_project
from geodata.project_file import read_project
from geodata.synthetic import write_town
from gridmap.errors import InputError
from gridmap.policies import OutletVisits, RoutingPolicy


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_town(tmp_path_factory.mktemp("town"), blocks=24, own=3, seed=5)


@pytest.fixture
def town(pattern: Path, tmp_path: Path) -> Path:
    """Project file of a town that a test may change."""
    return Path(shutil.copytree(pattern.parent, tmp_path / "town")) / pattern.name


def add_columns(town: Path, **columns: dict[int, str]) -> list[str]:
    """Write values into new columns of the outlets, by row; return the ids of the rows."""
    path = town.parent / "outlets.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    for name, values in columns.items():
        table[name] = [values.get(row, "") for row in range(len(table))]
    table.to_csv(path, index=False)
    return [str(one) for one in table["outlet_id"]]


def change(town: Path, old: str, new: str) -> None:
    text = town.read_text(encoding="utf-8")
    assert old in text
    town.write_text(text.replace(old, new, 1), encoding="utf-8")


def name_columns(town: Path, **names: str) -> None:
    listed = ", ".join(f'{field} = "{name}"' for field, name in names.items())
    change(town, 'grade = "grade"', f'grade = "grade", {listed}')


def routing(town: Path) -> RoutingPolicy:
    return load_project(town, sandbox=False)[1].routing


def test_columns_and_project_file_together(town: Path) -> None:
    """The project file's word counts more, key by key; the row before is as the table says."""
    ids = add_columns(
        town,
        open_at={5: "Mo-Fr 09:00-12:00", 6: "周一至周五 09:00-12:00"},
        off={5: "Mo", 6: "-"},
        rank={6: "2", 7: " 1.0 "},
    )
    name_columns(town, hours="open_at", no_visit_days="off", priority="rank")
    town.write_text(
        town.read_text(encoding="utf-8")
        + f'\n[routing.outlets."{ids[6]}"]\npriority = 5\n'
        + f'[[routing.appointments]]\noutlet = "{ids[7]}"\nday = "2:We"\n'
        + 'start = "09:00"\nend = "10:00"\n',
        encoding="utf-8",
    )
    policy = routing(town)
    assert policy.outlets == {
        ids[5]: OutletVisits(hours="Mo-Fr 09:00-12:00", no_visit_days="Mo"),
        ids[6]: OutletVisits(hours="周一至周五 09:00-12:00", priority=5),
        ids[7]: OutletVisits(priority=1),
    }
    assert policy.appointments[0].outlet == ids[7]
    assert policy.model_copy(update={"outlets": {}}) == read_project(town).routing.model_copy(
        update={"outlets": {}}
    )


def test_columns_that_nobody_names_are_not_read(town: Path) -> None:
    add_columns(town, hours={5: "whenever"}, opening_hours={5: "whenever"}, priority={5: "high"})
    assert routing(town) == read_project(town).routing
    assert routing(town).outlets == {}


def test_each_cell_that_cannot_be_read_is_named_by_row(town: Path) -> None:
    """Row 7 of the file is the sixth outlet, as the header is the first."""
    ids = add_columns(
        town,
        hours={5: "9 to 5", 6: "Mo 09:00-12:00"},
        visit_days={5: "9:Mo"},
        no_visit_days={6: "x"},
        fixed_visits={7: "y"},
        priority={8: "high", 9: "10"},
    )
    fields = ("hours", "visit_days", "no_visit_days", "fixed_visits", "priority")
    name_columns(town, **{one: one for one in fields})
    with pytest.raises(InputError) as raised:
        routing(town)
    assert [(one.where, one.key) for one in raised.value.faults] == [
        (f"outlets.csv 7 ({ids[5]}) hours", "visits.hours_unreadable"),
        (f"outlets.csv 7 ({ids[5]}) visit_days", "visits.days_unreadable"),
        (f"outlets.csv 8 ({ids[6]}) no_visit_days", "visits.days_unreadable"),
        (f"outlets.csv 9 ({ids[7]}) fixed_visits", "visits.days_unreadable"),
        (f"outlets.csv 10 ({ids[8]}) priority", "visits.number_unreadable"),
        (f"outlets.csv 11 ({ids[9]}) priority", "visits.number_unreadable"),
    ]
    assert raised.value.text("zh") != raised.value.text("en")


def test_fixed_visits_on_days_that_are_not_worked(town: Path) -> None:
    ids = add_columns(town, fixed={5: "1:Su", 6: "1:Mo"})
    name_columns(town, fixed_visits="fixed")
    with pytest.raises(InputError) as raised:
        routing(town)
    assert [one.key for one in raised.value.faults] == ["visits.not_worked"]
    assert ids[5] in raised.value.text()


def test_outlets_that_the_table_does_not_have(town: Path) -> None:
    town.write_text(
        town.read_text(encoding="utf-8") + '\n[routing.outlets."nobody"]\npriority = 5\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="nobody"):
        routing(town)


def test_all_faults_of_the_routing_section_are_told_with_their_keys(town: Path) -> None:
    change(town, "[routing]", '[routing]\nholidays = ["2026-12-25", "nope"]')
    with pytest.raises(InputError) as raised:
        read_project(town)
    assert [(one.where, one.key) for one in raised.value.faults] == [
        ("project.toml [routing.holidays]", "visits.date_without_start"),
        ("project.toml [routing.holidays]", "visits.days_unreadable"),
    ]


def test_dates_of_toml_are_dates(town: Path) -> None:
    change(town, "[routing]", "[routing]\ncycle_start = 2026-11-30\nholidays = [2026-12-25]")
    policy = routing(town)
    assert policy.holidays == ("2026-12-25",)
    assert str(policy.cycle_start) == "2026-11-30"

"""Faults travel together and speak both languages."""

import pickle

from gridmap.errors import GridmapError, InputError, PermissionDenied, StoreError, fault, some_ids


def test_faults_of_one_input_come_together_in_both_languages() -> None:
    error = InputError(fault("cli.file_missing", "a.csv"), fault("cli.not_a_plan", "b.gpkg"))
    assert error.text("en").splitlines()[0].startswith("a.csv: there is no such file")
    assert "文件不存在" in error.text("zh")
    assert len(error.text("zh").splitlines()) == 2
    assert isinstance(error, ValueError)


def test_a_fault_without_place_is_its_sentence() -> None:
    assert fault("cli.cancelled").text() == fault("cli.cancelled").text("en")
    assert not fault("cli.cancelled").text().startswith(":")


def test_some_ids_tells_how_many_more() -> None:
    assert some_ids(range(3)) == "0, 1, 2"
    assert some_ids(range(10), most=2) == "0, 1 … (+8)"


def test_errors_are_builtin_kinds_too() -> None:
    assert issubclass(StoreError, OSError)
    assert issubclass(PermissionDenied, PermissionError)
    assert issubclass(InputError, GridmapError)


def test_errors_come_back_whole_from_other_processes() -> None:
    """Also those that are builtin kinds, whose own way of being sent knows no faults."""
    told = fault("jobs.died", 7, code=-9), fault("cli.cancelled")
    for kind in (GridmapError, InputError, StoreError, PermissionDenied):
        back = pickle.loads(pickle.dumps(kind(*told)))  # noqa: S301
        assert (type(back), back.faults, str(back)) == (kind, told, str(kind(*told)))

"""The campaigns of the store in short; `make test-deep` runs them whole."""

import pytest

from benchmarks import store_disk, store_editors, store_kill, store_server_kill
from benchmarks.postgres import PostgresServer, postgres_folder
from benchmarks.store_editor import faults_of
from gridmap.store.draft_tables import cell_version, edit
from gridmap.store.repository import Store


def address(store: Store) -> str:
    return store.engine.url.render_as_string(hide_password=False)


def test_killed_writers_lose_and_double_nothing(store: Store) -> None:
    tally = store_kill.campaign(address(store), 2)
    assert tally.sound and tally.answered > 0 and tally.commits >= tally.answered


@pytest.mark.parametrize("own", [False, True], ids=["shared", "own"])
def test_editors_write_what_they_were_told(store: Store, own: bool) -> None:
    found = store_editors.campaign(address(store), 30, own=own)
    assert store_editors.sound(found, own=own), found
    assert found["written"] + found["conflicts"] == found["attempts"] == 30


@pytest.mark.parametrize("case", ["sqlite, limit on files", "sqlite, read-only"])
def test_a_refused_save_leaves_the_old_state_whole(case: str) -> None:
    found = store_disk.CASES[case]()
    assert store_disk.sound(found), found


def test_a_standby_refuses_and_stays_whole(store: Store) -> None:
    if store.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no standby")
    draft = store_disk.TOWN.draft(store)
    seen = store_disk.refused_reading(address(store), draft)
    found = store_disk.verdict(address(store), draft, seen)
    assert store_disk.sound(found), found


def test_the_check_of_the_campaigns_sees_faults(store: Store) -> None:
    """An edit taken out of the log and a version counted twice are both found."""
    from drawn_town import desk

    from gridmap.partition.edits import Move

    li = desk(store)
    for number in range(3):
        li.commit(Move((2,), 1 - number % 2), f"k{number}")
    assert faults_of(store, li.draft) == []
    with store.engine.begin() as connection:
        connection.execute(cell_version.update().where(cell_version.c.cell == 0).values(version=9))
    assert faults_of(store, li.draft) == ["versions of cells are not counted by the log"]
    with store.engine.begin() as connection:
        connection.execute(edit.delete().where(edit.c.sequence == 2))
    found = faults_of(store, li.draft)
    assert any("head 3, but 2 edits" in one for one in found)
    assert any("other cells" in one for one in found)
    assert any("audit" in one for one in found)


@pytest.mark.deep
def test_a_killed_server_loses_and_doubles_nothing() -> None:
    """Once the whole server, once one of its processes, upon which it ends all others."""
    with postgres_folder() as folder:
        server = PostgresServer(folder, fsync=False)
        server.start()
        try:
            tally = store_server_kill.campaign(server, 2)
        finally:
            server.stop()
    assert tally.sound, tally
    assert tally.servers_killed == tally.backends_killed == 1
    assert tally.unheard > 0 and tally.answered > 0

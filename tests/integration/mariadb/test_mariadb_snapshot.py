# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One moment for all that is dumped, and an inventory of that moment: with writers, locks and changes of tables."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
import typing as t

import pytest
from tests.support.mariadb import Server
from tests.support.mariadb_dump import Made, Watch, dump, parsed, read, working

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._engines._mariadb import _lock, _snapshot
from ansible_collections.nusantara.backup.plugins.module_utils._engines._registry import ENGINES

# Enough that the pipe is full and most of the dump is still to come when its first bytes are read.
LARGE = (
    "CREATE TABLE a_besar (id INT PRIMARY KEY, isi TEXT);"
    " INSERT INTO a_besar WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
    " SELECT i, REPEAT('panjang ', 500) FROM n;"
)
OTHERS = """
CREATE TABLE z_satu (id INT PRIMARY KEY, isi INT); INSERT INTO z_satu VALUES (1, 1), (2, 2);
CREATE TABLE z_dua (id INT PRIMARY KEY, isi INT); INSERT INTO z_dua VALUES (7, 7);
CREATE TABLE z_bagian (id INT PRIMARY KEY) PARTITION BY RANGE (id) (
  PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (100));
INSERT INTO z_bagian VALUES (1), (2), (50);
"""


@contextlib.contextmanager
def beside(work: t.Callable[[threading.Event], None]) -> t.Iterator[None]:
    """Something that goes on in a thread until the block ends."""
    over = threading.Event()
    thread = threading.Thread(target=work, args=(over,))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(60)


def restored_rows(server: Server, made: Made, part: str = "") -> dict[str, int]:
    """What a stock restore of one part holds, table by table."""
    target = "uji_tujuan"
    server.create(target)
    try:
        stream, data = made.parts[part]
        done = server.stock(stream.restore, data, **{"{target}": target})
        assert (done.returncode, done.stderr) == (0, b"")
        return {name: int(server.sql(target, f"SELECT COUNT(*) FROM {name}")) for name in made.rows()}
    finally:
        server.drop(target)


def test_inventory_is_that_of_the_dump_while_others_write(server: Server, database: str) -> None:
    """Two tables that always change together are dumped and counted in one moment."""
    server.sql(database, LARGE + OTHERS)
    rounds: list[int] = []
    numbers = itertools.count(1000)

    def write(over: threading.Event) -> None:
        while not over.is_set():
            number = next(numbers)
            server.sql(
                database,
                f"START TRANSACTION; INSERT INTO a_besar VALUES ({number}, 'x');"
                f" INSERT INTO z_satu VALUES ({number}, 1); COMMIT;",
            )
            rounds.append(number)

    for depth in ("rows", "digests"):
        before = len(rounds)
        with beside(write):
            made = dump(server, server.options(database=database), depth)
        assert len(rounds) > before + 1
        assert (made.inventory.exact, made.inventory.why) == (True, "")
        rows = restored_rows(server, made)
        assert made.rows() == rows
        assert rows["a_besar"] - 900 == rows["z_satu"] - 2


def test_all_databases_share_one_moment_in_one_file(server: Server, database: str) -> None:
    server.create("uji_lain")
    try:
        server.sql(database, "CREATE TABLE t (a INT); INSERT INTO t VALUES (1)")
        server.sql("uji_lain", "CREATE TABLE u (a INT); INSERT INTO u VALUES (1), (2)")
        options = server.options(databases=[database, "uji_lain"], accounts=False)
        made = dump(server, options)
        assert list(made.parts) == [""]
        assert made.inventory.exact
        assert made.rows() == {"t": 1, "u": 2}
        apart = dump(server, {**options, "separate": True})
        assert list(apart.parts) == [database, "uji_lain"]
        assert apart.rows() == made.rows()
        assert "moments" in apart.codes()
        server.drop("uji_lain")
        stream, data = made.parts[""]
        done = server.stock(stream.restore, data)
        assert (done.returncode, done.stderr) == (0, b"")
        assert server.sql("uji_lain", "SELECT COUNT(*) FROM u") == "2"
    finally:
        server.drop("uji_lain")


def test_short_lock_does_not_queue_behind_a_long_statement(
    server: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A waiting global lock would stop the whole site: it is given up, said so, and the dump goes on."""
    monkeypatch.setattr(_lock, "WAIT_SECONDS", 1)
    monkeypatch.setattr(_lock, "_LONG_SECONDS", 1)
    server.sql(database, OTHERS)
    server.create("uji_lama")
    server.sql("uji_lama", "CREATE TABLE lama (a INT) ENGINE=MyISAM; INSERT INTO lama VALUES (1);")
    slowest: list[float] = []

    def hold(over: threading.Event) -> None:
        del over
        server.try_sql("uji_lama", "UPDATE lama SET a = a + SLEEP(300)")

    def write(over: threading.Event) -> None:
        while not over.is_set():
            began = time.monotonic()
            server.sql(database, "INSERT INTO z_satu SELECT MAX(id) + 1, 1 FROM z_satu")
            slowest.append(time.monotonic() - began)

    busy = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%SLEEP(300)%' AND time > 1"
    with contextlib.ExitStack() as stack:
        stack.callback(server.drop, "uji_lama")
        stack.enter_context(beside(hold))
        stack.callback(server.kill_connections, "info LIKE 'UPDATE lama%'")
        wait_until(lambda: server.sql("", busy + " AND info NOT LIKE '%processlist%'") == "1")
        stack.enter_context(beside(write))
        made = dump(server, server.options(database=database))
    assert not made.inventory.exact
    assert "global lock could not be had" in made.inventory.why
    assert slowest
    assert max(slowest) < 20
    assert b"INSERT INTO `z_satu`" in made.parts[""][1]


def wait_until(condition: t.Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.1)


@pytest.mark.parametrize(
    "change",
    [
        "TRUNCATE z_satu",
        "DROP TABLE z_satu",
        "RENAME TABLE z_satu TO z_nama_lain",
        "ALTER TABLE z_satu ENGINE=InnoDB, ADD COLUMN baru INT, ALGORITHM=COPY",
        "DROP TABLE z_satu; CREATE TABLE z_satu (id INT PRIMARY KEY)",
    ],
)
def test_table_that_is_changed_before_it_is_read_fails_the_dump(server: Server, database: str, change: str) -> None:
    server.sql(database, LARGE + OTHERS)
    with pytest.raises(EngineError) as caught:
        dump(server, server.options(database=database), watch=at_first_bytes(server, database, change))
    assert caught.value.code == "engine.mariadb.changed"
    assert "z_satu" in caught.value.what or "definition has changed" in caught.value.what
    assert caught.value.remedy


def at_first_bytes(server: Server, database: str, change: str) -> Watch:
    """Run a statement once, when the dump's own transaction stands."""
    asked: list[str] = []

    def watch(*_unused: object) -> None:
        if not asked:
            asked.append(change)
            server.sql(database, change)

    return watch


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("ALTER TABLE z_bagian DROP PARTITION p0", "z_bagian"),
        ("RENAME TABLE z_satu TO z_x, z_dua TO z_satu, z_x TO z_dua", "z_satu"),
    ],
)
def test_change_that_the_server_does_not_refuse_is_found(
    server: Server, database: str, change: str, named: str
) -> None:
    """The snapshot does not hold partitions and names; the dump reads other rows and nobody says so."""
    server.sql(database, LARGE + OTHERS)
    try:
        made = dump(server, server.options(database=database), watch=at_first_bytes(server, database, change))
    except EngineError as problem:
        assert problem.code == "engine.mariadb.changed"
        return
    assert "changed" in made.codes()
    assert not made.inventory.exact
    assert named in made.inventory.why


def test_table_that_is_dropped_after_it_was_read_harms_nothing(server: Server, database: str) -> None:
    server.sql(database, "CREATE TABLE a_dulu (a INT); INSERT INTO a_dulu VALUES (1);" + LARGE.replace("a_b", "b_b"))
    made = dump(server, server.options(database=database), watch=at_first_bytes(server, database, "DROP TABLE a_dulu"))
    assert b"INSERT INTO `a_dulu`" in made.parts[""][1]
    assert made.inventory.exact or "a_dulu" in made.inventory.why


def test_dump_ends_when_somebody_holds_a_lock_for_too_long(server: Server, database: str) -> None:
    server.sql(database, LARGE + OTHERS)

    def hold(over: threading.Event) -> None:
        del over
        server.try_sql(database, "LOCK TABLES z_satu WRITE; SELECT SLEEP(300)")

    began: list[float] = []
    holder = contextlib.ExitStack()

    def watch(*_unused: object) -> None:
        if not began:
            began.append(time.monotonic())
            holder.enter_context(beside(hold))
            holder.callback(server.kill_connections, "info LIKE 'SELECT SLEEP(300)%'")
            locked = "SELECT COUNT(*) FROM information_schema.processlist WHERE info = 'SELECT SLEEP(300)'"
            wait_until(lambda: server.sql("", locked) == "1")

    with holder, pytest.raises(EngineError) as caught:
        dump(server, server.options(database=database, lock_seconds=3), watch=watch)
    assert caught.value.code == "engine.mariadb.lock"
    assert time.monotonic() - began[0] < 60


def test_change_that_waits_for_the_same_lock_under_the_same_account_is_not_ended(server: Server, database: str) -> None:
    """The dump's account may be that of an operator, such as root."""
    server.sql(database, LARGE + OTHERS)
    written: list[int] = []
    busy = "SELECT COUNT(*) FROM information_schema.processlist WHERE info = "

    def hold(over: threading.Event) -> None:
        del over
        server.try_sql(database, "LOCK TABLES z_satu WRITE; SELECT SLEEP(300)")

    def write(over: threading.Event) -> None:
        del over
        written.append(server.try_sql(database, "INSERT INTO z_satu VALUES (9, 9)").returncode)

    with contextlib.ExitStack() as stack:

        def watch(*_unused: object) -> None:
            if server.sql("", busy + "'SELECT SLEEP(300)'") == "0":
                # Left in the reverse order: the lock goes first, then the writer is waited for.
                stack.enter_context(beside(write_later))
                stack.enter_context(beside(hold))
                stack.callback(server.kill_connections, "info LIKE 'SELECT SLEEP(300)%'")
                wait_until(lambda: server.sql("", busy + "'SELECT SLEEP(300)'") == "1")
                begun.set()
                wait_until(lambda: server.sql("", busy + "'INSERT INTO z_satu VALUES (9, 9)'") == "1")

        begun = threading.Event()

        def write_later(over: threading.Event) -> None:
            assert begun.wait(60)
            write(over)

        with pytest.raises(EngineError) as caught:
            dump(server, server.options(database=database, lock_seconds=3), watch=watch)
    assert caught.value.code == "engine.mariadb.lock"
    assert written == [0]


def test_nobody_watches_for_locks_when_the_dump_is_read(
    server: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counting goes on, maybe under our own lock: whoever waits for that is not to be ended."""
    server.sql(database, OTHERS)
    result = _snapshot.Counter.result
    seen: list[set[str]] = []

    def look(counter: _snapshot.Counter) -> object:
        seen.append({thread.name for thread in threading.enumerate()})
        return result(counter)

    monkeypatch.setattr(_snapshot.Counter, "result", look)
    assert dump(server, server.options(database=database)).inventory.exact
    assert len(seen) == 1 and "lock-watch" not in seen[0]


def test_without_the_lock_the_inventory_is_approximate_and_says_so(server: Server, database: str) -> None:
    server.sql(database, OTHERS)
    made = dump(server, server.options(database=database, global_lock=False))
    assert (made.inventory.exact, made.inventory.why) == (False, "the source has global_lock: false")
    assert made.rows() == {"z_bagian": 3, "z_dua": 1, "z_satu": 2}
    assert "approximate" in made.codes()


def test_lock_is_given_back_when_the_dump_does_not_begin(
    server: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dump program that hangs does not hold up the site."""
    monkeypatch.setattr(_snapshot, "HOLD_SECONDS", 0)
    server.sql(database, LARGE)
    made = dump(server, server.options(database=database))
    assert not made.inventory.exact
    assert "the lock was given back" in made.inventory.why
    assert made.rows() == {"a_besar": 900}


def test_lock_is_given_back_when_the_dump_has_begun(server: Server, database: str) -> None:
    """While the rows are read, the site writes."""
    server.sql(database, LARGE + OTHERS)
    made = dump(
        server,
        server.options(database=database),
        watch=at_first_bytes(server, database, "SET lock_wait_timeout = 5; INSERT INTO z_satu VALUES (3, 3)"),
    )
    assert made.inventory.exact
    assert made.rows()["z_satu"] == 2


PLAIN = "CREATE TABLE z_datar (a INT) ENGINE={engine}; INSERT INTO z_datar VALUES (1);"


@pytest.mark.parametrize("engine", ["MyISAM", "MEMORY", "Aria"])
def test_tables_without_transactions_are_marked(server: Server, database: str, engine: str) -> None:
    """Pitfall: MyISAM and other non-transactional tables are not consistent."""
    server.sql(database, OTHERS + PLAIN.format(engine=engine if server.engine == "mariadb" else "MyISAM"))
    made = dump(server, server.options(database=database))
    (found,) = [finding for finding in made.findings if finding.code == "engine.mariadb.non_transactional"]
    assert found.level == "warning"
    assert f"{database}.z_datar" in found.message
    assert not made.inventory.exact
    assert "z_datar" in made.inventory.why
    assert made.rows()["z_datar"] == 1


@pytest.mark.parametrize("engine", ["MyISAM", "MEMORY"])
def test_tables_without_transactions_are_held_still_for_the_whole_dump(
    server: Server, database: str, engine: str
) -> None:
    server.sql(database, LARGE + PLAIN.format(engine=engine))
    refused: list[str] = []

    def watch(*_unused: object) -> None:
        refused.append(server.try_sql(database, "SET lock_wait_timeout = 1; INSERT INTO z_datar VALUES (2)").stderr)

    made = dump(server, server.options(database=database, non_transactional="lock", accounts=False), watch=watch)
    assert "1205" in refused[0]
    assert made.inventory.exact
    assert made.rows() == restored_rows(server, made) == {"a_besar": 900, "z_datar": 1}
    assert "locked" in made.codes()
    server.sql(database, "INSERT INTO z_datar VALUES (2)")


def test_lock_for_the_whole_dump_ends_with_it_also_when_the_dump_was_slow_to_begin(
    server: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is that of the short lock: this one is neither given back early, nor held for the rest of the run."""
    monkeypatch.setattr(_snapshot, "HOLD_SECONDS", 0)
    server.sql(database, LARGE + PLAIN.format(engine="MyISAM"))
    write = "SET lock_wait_timeout = 1; INSERT INTO z_datar VALUES (2)"
    refused: list[str] = []
    options = parsed(server, server.options(database=database, non_transactional="lock"))
    with working() as context:
        probed = ENGINES[server.engine].probe(options, context)
        with ENGINES[server.engine].open(options, probed, context) as session:
            streams = session.streams()
            read(next(streams), context, [], lambda *_unused: refused.append(server.try_sql(database, write).stderr))
            assert next(streams).part == "accounts"
            server.sql(database, write)
            assert session.inventory().exact
    assert "1205" in refused[0]

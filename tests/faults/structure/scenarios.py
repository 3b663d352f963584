# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the core is asked to do while faults come: between them these reach the boundaries. An engine is one line."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sqlite3
import typing as t

from tests.faults.lab import CLEAR, Lab, moment
from tests.support.mariadb import shared_server
from tests.support.mounts import MARKER, mark
from tests.support.postgres import SUPERUSER_PASSWORD, Cluster

from ansible_collections.nusantara.backup.plugins.module_utils._edges._run_module import ARGUMENTS

NIGHT = 3
# The warden first: a child of the runner, as the shell is.
_KILL_BOTH = "for child in $(ps -o pid= --ppid $PPID); do [ $child = $$ ] || kill -9 $child; done; kill -9 $PPID"
DATABASE = "kecil"
_TABLE = "CREATE TABLE pegawai (nip int PRIMARY KEY, nama text, isi text);"
Act = t.Sequence[str]


class Servers:
    """The servers that sources are on, with the database ``DATABASE`` on each."""

    def __init__(self, postgresql: Cluster) -> None:
        self.postgresql = postgresql

    def start(self) -> None:
        """Make the databases, once."""
        self.postgresql.create(DATABASE)
        self.postgresql.sql(
            DATABASE,
            f"{_TABLE}INSERT INTO pegawai SELECT n, '{CLEAR} ' || n, repeat(md5(n::text), 5)"
            " FROM generate_series(1, 500) AS n;",
        )
        self.mariadb = shared_server()
        self.mariadb.create(DATABASE)
        self.mariadb.sql(
            DATABASE,
            f"{_TABLE}INSERT INTO pegawai SELECT seq, concat('{CLEAR} ', seq), repeat(md5(seq), 5) FROM seq_1_to_500;"
            "CREATE TABLE lama (isi text) ENGINE=MyISAM; INSERT INTO lama VALUES ('diam');",
        )

    def stop(self) -> None:
        self.postgresql.drop(DATABASE)
        self.mariadb.drop(DATABASE)


def _sqlite(lab: Lab, servers: Servers, **options: t.Any) -> None:
    lab.sqlite("Pegawai", rows=150, **options)


def _wal(lab: Lab, servers: Servers, **options: t.Any) -> None:
    path = lab.sqlite("Pegawai", rows=150, **options)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE VIEW nama AS SELECT nama FROM pegawai")
        # Only the program of the database knows this order.
        connection.create_collation("urut", lambda one, other: (one > other) - (one < other))
        connection.execute("CREATE INDEX menurut_nama ON pegawai (nama COLLATE urut)")
        connection.commit()


def _files(lab: Lab, servers: Servers, **options: t.Any) -> None:
    lab.tree("Situs", size=40_000, **options)


def _postgresql(lab: Lab, servers: Servers, **options: t.Any) -> None:
    server = servers.postgresql
    path = lab.origin / "password"
    path.write_text(SUPERUSER_PASSWORD + "\n", encoding="utf-8")
    path.chmod(0o600)
    where = {"host": "127.0.0.1", "port": server.port, "user": server.superuser, "connect_seconds": 2}
    lab.source("Simpeg", engine="postgresql", database=DATABASE, password_file=str(path), **where, **options)


def _prefixed(lab: Lab, servers: Servers, **options: t.Any) -> None:
    """Clients that run behind a prefix are ended by the server, not by us."""
    server = servers.postgresql
    where = {"host": str(server.socket), "port": server.port, "user": server.superuser}
    lab.source("Simpeg", engine="postgresql", database=DATABASE, prefix=["/usr/bin/nice"], **where, **options)


def _mariadb(lab: Lab, servers: Servers, **options: t.Any) -> None:
    lab.source("Keuangan", engine="mariadb", database=DATABASE, **servers.mariadb.options(**options))


def _command(lab: Lab, servers: Servers, **options: t.Any) -> None:
    """A program of the site that writes a text; its secret file and the check of its end are used."""
    dump = lab.origin / "direktori.ldif"
    dump.write_text(f"{CLEAR}\n" * 2000 + "# end\n", encoding="ascii")
    secret = lab.origin / "secret"
    secret.write_text("rahasia\n", encoding="ascii")
    secret.chmod(0o600)
    lab.source(
        "Direktori",
        engine="command",
        dump=["/usr/bin/cat", str(dump)],
        restore=["/usr/bin/cat"],
        kind="ldif",
        probe=["/usr/bin/true"],
        count=["/usr/bin/wc", "-l", str(dump)],
        secret_files=[str(secret)],
        end={"last_line": "# end", "last_line_matches": "# [a-z]+", "check": ["/usr/bin/tail", "-n", "1"]},
        **options,
    )


def _command_elsewhere(lab: Lab, servers: Servers, **options: t.Any) -> None:
    dump = lab.origin / "direktori.ldif"
    dump.write_text(f"{CLEAR}\n" * 2000 + "# end\n", encoding="ascii")
    lab.source(
        "Direktori",
        engine="command",
        prefix=["/usr/bin/nice"],
        dump=["/usr/bin/cat", str(dump)],
        environment={"SUSUNAN": "ldif"},
        restore=["/usr/bin/cat"],
        end={"last_line": "# end"},
        **options,
    )


def _hooked(lab: Lab, servers: Servers, **options: t.Any) -> None:
    """A group and a source of it, each with a window that leaves a file while it is open."""
    lab.config["groups"] = [{"name": "Aplikasi", **_window(lab, "group")}]
    lab.tree("Situs", size=40_000, group="Aplikasi", **_window(lab, "source"), **options)


def _window(lab: Lab, name: str) -> dict[str, t.Any]:
    flag = str(lab.origin / f"maintenance-{name}")
    words = {"before": ["/usr/bin/touch", flag], "after": ["/usr/bin/rm", "-f", "--", flag]}
    return {when: {"run": run, "time_limit": 1} for when, run in words.items()}


# Every engine: how a source of it is made.
ENGINES: t.Mapping[str, t.Callable[..., None]] = {
    "sqlite": _sqlite,
    "sqlite with a log": _wal,
    "files": _files,
    "postgresql": _postgresql,
    "postgresql behind a prefix": _prefixed,
    "mariadb": _mariadb,
    "command": _command,
    "command behind a prefix": _command_elsewhere,
    "files in a window": _hooked,
}


@dataclasses.dataclass(frozen=True)
class Scenario:
    """``make`` the site with all that came before; ``act`` is what is then asked of it, and ``gate`` who judges."""

    name: str
    make: t.Callable[[Lab, Servers], None]
    act: t.Callable[[Lab], Act]
    gate: str = "run"
    # How the act ends without a fault of the campaign.
    status: int = 0
    # A fault that comes before the one of the campaign: what is reached then is reached on no other way.
    first: t.Mapping[str, t.Any] | None = None
    # Limits are made a few seconds.
    impatient: bool = False
    # What an operator does before the next night.
    mend: t.Callable[[Lab], None] = lambda lab: None

    # How the same act ends after the next night.
    again: int = 0


def _run(lab: Lab) -> Act:
    return ["cli", "run", "--config", job_file(lab), "--at", moment(NIGHT)]


def _fresh(engine: str, **options: t.Any) -> t.Callable[[Lab, Servers], None]:
    def make(lab: Lab, servers: Servers) -> None:
        ENGINES[engine](lab, servers, **options)

    return make


def _second(engine: str, **options: t.Any) -> t.Callable[[Lab, Servers], None]:
    def make(lab: Lab, servers: Servers) -> None:
        ENGINES[engine](lab, servers, **options)
        lab.good(night=1)

    return make


def _leftovers(lab: Lab, servers: Servers) -> None:
    """One good night, and one that was killed while it dumped, while it copied, and while it wrote its journal."""
    _files(lab, servers)
    lab.good(night=1)
    lab.tree("Web", size=3_000_000)
    for step in ("publish", "copy"):
        assert lab.run(night=2, fault={"when": {"named": step}, "do": ["kill"]}).status == -9
    moved = {"moved": 1, "named": "copy"}
    assert lab.run("--again", night=2, fault={"when": moved, "do": ["kill"]}).status == -9
    half = {"append": 3, "part": "half"}
    assert lab.run("--again", night=2, fault={"when": half, "do": ["kill"]}).status == -9
    cut = lab.medium / "Situs" / "2026110124F1D-Situs.part"
    cut.mkdir(mode=0o700)
    (cut / "half").write_bytes(b"half")
    # What the warden removes, unless it was killed, too.
    (lab.state / "work" / "20261102T170000Z-dead" / "Situs").mkdir(parents=True)
    (lab.state / "receipts" / "internal" / "old.json.999999999.part").write_text("{", encoding="ascii")


def _copies_missing(lab: Lab, servers: Servers) -> None:
    """A night whose dumps are good and whose medium was not there."""
    _sqlite(lab, servers)
    lab.good(night=1)
    (lab.medium / MARKER).unlink()
    assert lab.run(night=NIGHT).status == 1
    _mount_again(lab)


def _left_open(lab: Lab, servers: Servers) -> None:
    """A night that was killed in a window, and its warden with it."""
    _second("files in a window")(lab, servers)
    killed = {"when": {"named": "publish"}, "do": ["run", "sh", "-c", _KILL_BOTH]}
    assert lab.run(night=2, fault=killed).status == -9
    # An earlier one was killed while it wrote its note.
    (lab.state / "windows" / "source-situs.json.999999999.part").write_text("{", encoding="ascii")


def _broken_note(lab: Lab, servers: Servers) -> None:
    _second("files in a window")(lab, servers)
    note = lab.state / "windows" / "source-situs.json"
    note.write_text("{", encoding="ascii")
    note.chmod(0o600)


def _note_removed(lab: Lab) -> None:
    (lab.state / "windows" / "source-situs.json").unlink(missing_ok=True)


def _hook_missing(lab: Lab, servers: Servers) -> None:
    _second("files in a window")(lab, servers)
    lab.config["groups"][0]["before"]["run"] = ["/nonexistent/hook"]


def _hook_installed(lab: Lab) -> None:
    lab.config["groups"][0]["before"]["run"] = ["/usr/bin/true"]


def _two(lab: Lab, servers: Servers) -> None:
    """Several sources on two media, one of which is not due tonight."""
    mark(lab.root / "second", "second")
    lab.config["media"].append({"name": "second", "kind": "disk", "path": str(lab.root / "second"), "building": "C"})
    both = ["internal", "second"]
    _sqlite(lab, servers, media=both)
    _files(lab, servers, media=both)
    lab.good(night=1)
    _postgresql(lab, servers, plan=[{"type": "F", "frequency": "weekly", "day": "monday"}])


def _kept(lab: Lab, servers: Servers) -> None:
    """Two good nights."""
    _files(lab, servers)
    lab.good(night=1)
    lab.good(night=2)


def _strangers(lab: Lab, servers: Servers) -> None:
    """The same, with things in the store that are no sets."""
    _kept(lab, servers)
    (lab.store / "notes.txt").write_text("not ours", encoding="ascii")
    (lab.store / "link").symlink_to("/nonexistent")


def _damaged(lab: Lab, servers: Servers) -> None:
    """A byte of the newest artifact is another one."""
    _second("sqlite")(lab, servers)
    lab.good(night=2)
    newest = max(place for place in lab.sets() if lab.store in place.parents)
    artifact = next(path for path in newest.iterdir() if path.suffix == ".age")
    data = bytearray(artifact.read_bytes())
    data[len(data) // 2] ^= 1
    artifact.write_bytes(data)


def _directory_for_file(where: str) -> t.Callable[[Lab, Servers], None]:
    """A directory lies where the artifact should, in the store or on the medium."""

    def make(lab: Lab, servers: Servers) -> None:
        _second("files")(lab, servers)
        root = lab.store if where == "store" else lab.medium
        place = next(place for place in lab.sets() if root in place.parents)
        artifact = next(path for path in place.iterdir() if path.suffix == ".age")
        artifact.unlink()
        artifact.mkdir()

    return make


def _check(lab: Lab) -> Act:
    return ["cli", "check", *_run(lab)[2:]]


def _check_without_medium(lab: Lab) -> Act:
    (lab.medium / MARKER).unlink()
    return _check(lab)


def _mount_again(lab: Lab) -> None:
    mark(lab.medium, "internal")


def _as_another(lab: Lab) -> Act:
    os.chown(lab.store, 65534, 65534)
    return _run(lab)


def _given_back(lab: Lab) -> None:
    os.chown(lab.store, 0, 0)


def _locked(lab: Lab) -> Act:
    return ["locked", str(lab.state / "locks" / "source-pegawai.lock"), *_run(lab)]


def _new_medium(lab: Lab, servers: Servers) -> None:
    """A good night, and a medium that nothing was copied to yet."""
    _second("files")(lab, servers)
    mark(lab.root / "new", "new")


def job_file(lab: Lab) -> str:
    path = lab.root / "job.json"
    path.write_text(json.dumps(lab.config), encoding="utf-8")
    return str(path)


def _module(name: str, params: t.Callable[[Lab], t.Mapping[str, t.Any]], mode: str = "") -> t.Callable[[Lab], Act]:
    return lambda lab: ["module", name, json.dumps(params(lab)), mode]


def _site(lab: Lab) -> dict[str, t.Any]:
    return {**{key: value for key, value in lab.config.items() if key in ARGUMENTS}, "at": moment(NIGHT)}


def _verified(lab: Lab) -> dict[str, t.Any]:
    key = str(lab.state / "keys" / "manifest")
    return {"path": str(lab.store), "state": str(lab.state), "signing_key": key, "host": "db1", "at": moment(NIGHT)}


def _unsigned(lab: Lab) -> dict[str, t.Any]:
    return {"path": str(lab.store), "at": moment(NIGHT)}


def _medium_verified(lab: Lab) -> dict[str, t.Any]:
    signers = lab.origin / "signers"
    public = (lab.state / "keys" / "manifest.pub").read_text(encoding="ascii")
    signers.write_text(f"db1 {public}", encoding="ascii")
    return {"path": str(lab.medium), "medium": "internal", "allowed_signers": str(signers), "at": moment(NIGHT)}


def _transferred(medium: str) -> t.Callable[[Lab], dict[str, t.Any]]:
    def params(lab: Lab) -> dict[str, t.Any]:
        place = lab.medium if medium == "internal" else lab.root / medium
        given = {"name": medium, "path": str(place), "kind": "disk", "building": "B"}
        return {"store": str(lab.store), "state": str(lab.state), "media": [given]}

    return params


def _fault(boundary: str, kind: str, way: str = "*", hit: int = 1) -> dict[str, t.Any]:
    return {"point": [boundary, way, hit], "kind": kind}


# The first time is the look before the dump.
_ZSTD_FAILS = _fault("_artifact._codec.encoders: Command #1", "child fails", hit=2)
_KILLED = _fault("_run._dump.Dump.make: step publish #1", "kill")
_KILLED_IN_DUMP = _fault("_base._io.chunks: os.readv #1", "kill", "_artifact._stored.Encoded._carry")
_KILLED_TWICE = {**_KILLED, "warden": _fault("_base._warden_program._write: os.fsync #1", "EIO")}
_TOLD_TO_STOP = _fault("_run._dump.Dump.make: step publish #1", "stop")
_PLAN_OF_A_NIGHT = _fault("_run._progress.Progress._write: open #1", "EIO")
_JOURNAL_NOT_FLUSHED = _fault("_record._journal.Journal._write: os.fsync #1", "EIO", hit=2)
_END_NOT_FLUSHED = _fault("_record._journal.Journal._write: os.fsync #1", "EIO", hit=5)
_TAR_STAYS = _fault("_engines._files.FilesSession.streams: Command #1", "child stays")
_NOT_RENAMED = _fault("_base._io.replace: os.rename #1", "EIO")
_NO_THREAD = _fault("_base._threads.begin: .start #1", "no thread", "_artifact._chain.Chain.__init__")
_NOBODY_LISTENS = _fault("_edges._cli._say: .write #1", "EIO")

SCENARIOS: t.Sequence[Scenario] = (
    Scenario("second night of sqlite", _second("sqlite"), _run),
    Scenario("second night of files", _second("files"), _run),
    Scenario("second night of postgresql", _second("postgresql"), _run),
    Scenario("first night", _fresh("sqlite with a log", proof="open", compression="gzip", inventory="digests"), _run),
    Scenario("neither compressed nor encrypted", _second("files", compression="none", encryption="none"), _run),
    Scenario("proof by opening", _second("files", proof="open"), _run),
    Scenario("digests of postgresql", _second("postgresql", inventory="digests", proof="open"), _run),
    Scenario("postgresql behind a prefix", _second("postgresql behind a prefix"), _run),
    Scenario("second night of mariadb", _second("mariadb"), _run),
    Scenario("digests of mariadb", _second("mariadb", inventory="digests", non_transactional="lock"), _run),
    Scenario("second night of a command", _second("command"), _run),
    Scenario("command behind a prefix", _second("command behind a prefix"), _run),
    Scenario("maintenance window", _second("files in a window"), _run),
    Scenario("leftovers", _leftovers, _run),
    Scenario("copies missing", _copies_missing, _run),
    Scenario("several sources and media", _two, _run),
    Scenario("a program fails", _second("files"), _run, status=1, first=_ZSTD_FAILS),
    Scenario("time limit", _second("files"), _run, status=1, first=_TAR_STAYS, impatient=True),
    Scenario("killed in a window", _second("files in a window"), _run, status=-9, first=_KILLED),
    Scenario("killed in mid-dump", _second("files"), _run, status=-9, first=_KILLED_IN_DUMP),
    Scenario("note of a window not understood", _broken_note, _run, status=1, mend=_note_removed),
    Scenario("program of a window missing", _hook_missing, _run, status=1, mend=_hook_installed),
    Scenario("killed in a window on a broken disk", _second("files in a window"), _run, status=-9, first=_KILLED_TWICE),
    Scenario("window left open", _left_open, _run),
    Scenario("told to stop", _second("files"), _run, status=1, first=_TOLD_TO_STOP),
    Scenario("progress cannot be told", _second("files"), _run, first=_PLAN_OF_A_NIGHT),
    Scenario("an event is not flushed", _second("files"), _run, status=1, first=_JOURNAL_NOT_FLUSHED),
    Scenario("no thread for a program", _second("files"), _run, status=1, first=_NO_THREAD),
    Scenario("nobody listens", _second("files"), _run, status=1, first=_NOBODY_LISTENS),
    Scenario("lock held by another", _second("sqlite"), _locked, status=1),
    Scenario("store of another user", _second("sqlite"), _as_another, "refused", status=1, mend=_given_back, again=1),
    Scenario("started by Ansible", _second("sqlite"), _module("run", _site, "follow"), "started"),
    Scenario(
        "stopped, started by Ansible", _second("files"), _module("run", _site, "follow"), "started", 1, _TOLD_TO_STOP
    ),
    Scenario(
        "journal lost, started by Ansible", _second("files"), _module("run", _site, "follow"), "started", 0,
        _END_NOT_FLUSHED,
    ),
    Scenario("check mode", _two, _module("run", _site, "check"), "look"),
    Scenario("check", _second("sqlite"), _check, "look"),
    Scenario(
        "check without the medium", _second("sqlite"), _check_without_medium, "look", 1, mend=_mount_again
    ),
    Scenario("facts", _strangers, _module("facts", _site), "facts"),
    Scenario("store verified", _kept, _module("checksum", _verified), "verify"),
    Scenario("verification not kept", _kept, _module("checksum", _verified), "verify", 1, _NOT_RENAMED),
    Scenario("medium verified", _second("files"), _module("checksum", _medium_verified), "verify"),
    Scenario("damaged store verified", _damaged, _module("checksum", _verified), "damaged", 1, again=1),
    Scenario("store with strangers verified", _strangers, _module("checksum", _verified), "damaged", 1, again=1),
    Scenario("no file verified", _directory_for_file("store"), _module("checksum", _unsigned), "damaged", 1, again=1),
    Scenario("transfer", _new_medium, _module("transfer", _transferred("new")), "transfer"),
    Scenario("transfer again", _second("files"), _module("transfer", _transferred("internal")), "transfer"),
    Scenario("transfer planned", _new_medium, _module("transfer", _transferred("new"), "check"), "look"),
    Scenario(
        "transfer on another", _directory_for_file("medium"), _module("transfer", _transferred("internal")), "refused",
        status=1,
    ),
)  # fmt: skip

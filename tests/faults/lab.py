# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small site of its own, and real runs of it as processes of their own."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import typing as t

from tests.support.mounts import mark

from ansible_collections.nusantara.backup.plugins.module_utils._record._facts import facts
from ansible_collections.nusantara.backup.plugins.module_utils._site._site_args import site_of
from ansible_run import COLLECTIONS

PYTHON = "/usr/bin/python3"
CLI = ("-m", "ansible_collections.nusantara.backup.plugins.module_utils._edges._cli")
HERE = pathlib.Path(__file__).parent
# Stands in every source, and so must stand nowhere else.
CLEAR = "KLARTEXT-8d1f"
PATIENCE = 10
Fault = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Keys:
    """Two age identities: one for work, one for escrow."""

    identity: pathlib.Path
    recipients: t.Sequence[str]


def make_keys(directory: pathlib.Path) -> Keys:
    recipients = []
    for name in ("work", "escrow"):
        subprocess.run(["age-keygen", "-o", str(directory / name)], check=True, capture_output=True)
        text = (directory / name).read_text(encoding="ascii")
        recipients.append(next(word for word in text.split() if word.startswith("age1")))
    return Keys(directory / "work", recipients)


class Done(t.NamedTuple):
    """How a run ended: its status (negative: a signal), its words, the fault that hit it, what it left running."""

    status: int
    said: str
    fired: str
    left: t.Sequence[str]


class Started:
    """A run under way. ``pid`` is the runner's own."""

    def __init__(
        self,
        command: t.Sequence[str],
        environment: t.Mapping[str, str],
        directory: pathlib.Path,
        patience: int = PATIENCE,
    ) -> None:
        self._report, self._output = directory / "report.json", directory / "output"
        self.fired = directory / "fired"
        self.fired.unlink(missing_ok=True)
        launcher = [sys.executable, str(HERE / "launcher.py"), str(self._report), str(self._output), str(patience)]
        self._process = subprocess.Popen(
            [*launcher, *command], env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.pid = int(self._process.stdout.readline())

    @property
    def root(self) -> int:
        """The process below which all is that belongs to this run, orphans too."""
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def wait(self) -> Done:
        """Until the run and everything that it started is gone."""
        self._process.wait()
        with contextlib.closing(self._process.stdout):
            report = json.loads(self._report.read_text(encoding="utf-8"))
        said = self._output.read_text(encoding="utf-8", errors="replace")
        fired = self.fired.read_text(encoding="utf-8") if self.fired.exists() else ""
        return Done(report["status"], said, fired, report["left"])


class Lab:
    """Store, state and medium below one directory, and a configuration that a test may change."""

    def __init__(self, root: pathlib.Path, keys: Keys) -> None:
        self.root = root
        self.keys = keys
        self.disk = root / "disk"
        self.store = self.disk / "store"
        self.state = root / "states" / "state"
        self.medium = root / "medium"
        self.temporary = root / "tmp"
        self.runs = root / "runs"
        self.origin = root / "origin"
        for directory in (self.disk, self.state.parent, self.temporary, self.runs, self.origin):
            directory.mkdir()
        mark(self.medium, "internal")
        self.config: dict[str, t.Any] = {
            "host": "db1",
            "building": "A",
            "store": str(self.store),
            "state": str(self.state),
            "recipients": list(keys.recipients),
            "media": [{"name": "internal", "kind": "disk", "path": str(self.medium), "building": "B"}],
            "sources": [],
        }
        self._runs = 0
        # Words before the command of a run: another view of the file systems, for instance.
        self.within: t.Sequence[str] = ()

    def sqlite(self, name: str = "Pegawai", rows: int = 300, **options: t.Any) -> pathlib.Path:
        """A source that is a SQLite database."""
        path = self.origin / f"{name}.db"
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE pegawai (nama TEXT, isi BLOB)")
            # What does not compress keeps its size on its way through zstd.
            values = ((f"{CLEAR} {number}", os.urandom(200)) for number in range(rows))
            connection.executemany("INSERT INTO pegawai VALUES (?, ?)", values)
            connection.commit()
        return self._source(name, "sqlite", path, options)

    def tree(self, name: str = "Situs", size: int = 100_000, **options: t.Any) -> pathlib.Path:
        """A source that is a directory of files."""
        path = self.origin / name
        path.mkdir()
        (path / "index.html").write_text(f"{CLEAR}\n" * 20, encoding="ascii")
        (path / "data").write_bytes(os.urandom(size))
        return self._source(name, "files", path, options)

    def source(self, name: str, **options: t.Any) -> None:
        self.config["sources"].append({"name": name, "media": ["internal"], **options})

    def options(self, name: str) -> dict[str, t.Any]:
        """The configuration of one source, to be changed."""
        found: dict[str, t.Any] = next(entry for entry in self.config["sources"] if entry["name"] == name)
        return found

    def start(self, *arguments: str, night: int = 20, command: str = "run", fault: Fault | None = None) -> Started:
        """Start a run of the midnight that ends a night of November 2026; with a fault built in, if any."""
        self._runs += 1
        directory = self.runs / str(self._runs)
        directory.mkdir()
        job = directory / "job.json"
        job.write_text(json.dumps(self.config), encoding="utf-8")
        words = [command, "--config", str(job), "--at", moment(night), *arguments]
        if fault is None:
            return Started([*self.within, PYTHON, *CLI, *words], self.environment(), directory)
        told = json.dumps({**fault, "fired": str(directory / "fired")})
        driver = [PYTHON, str(HERE / "driver.py"), told]
        return Started([*self.within, *driver, *words], self.environment(), directory)

    def run(self, *arguments: str, night: int = 20, command: str = "run", fault: Fault | None = None) -> Done:
        """Start and wait."""
        return self.start(*arguments, night=night, command=command, fault=fault).wait()

    def good(self, *arguments: str, night: int = 20) -> Done:
        """A run that must succeed."""
        done = self.run(*arguments, night=night)
        assert done.status == 0, done.said
        assert not done.left
        return done

    def replace_program(self, name: str, by: str) -> None:
        """From now on runs find another file in the place of a program; nobody else does."""
        script = 'mount --bind -- "$1" "$2" && shift 2 && exec "$@"'
        real = shutil.which(name)
        assert real, f"{name} is not installed"
        self.within = (*self.within, "unshare", "--mount", "sh", "-c", script, "sh", by, os.path.realpath(real))

    def pipe(self) -> pathlib.Path:
        """For a fault that stays: opening it for writing waits for the fault, closing it lets the run go on."""
        path = self.root / "stay"
        os.mkfifo(path)
        return path

    def environment(self) -> dict[str, str]:
        return {
            "PYTHONPATH": str(COLLECTIONS),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.root),
            "TMPDIR": str(self.temporary),
            "LC_ALL": "C.UTF-8",
        }

    def facts(self, night: int = 21) -> dict[str, t.Any]:
        site, clock = site_of({**self.config, "at": moment(night)})
        return facts(site, clock, 62)

    def attempts(self, source: str) -> list[dict[str, t.Any]]:
        """The attempts at a source, newest first, as the facts have them."""
        return [entry for entry in self.facts()["runs"] if entry["source"] == source]

    def sets(self) -> set[pathlib.Path]:
        """The directories at final names, in the store and on the medium."""
        places = [*self.store.glob("*/*"), *self.medium.glob("*/*")]
        return {place for place in places if not place.name.endswith(".part")}

    def _source(self, name: str, engine: str, path: pathlib.Path, options: t.Mapping[str, t.Any]) -> pathlib.Path:
        self.source(name, engine=engine, path=str(path), **options)
        return path


def moment(night: int) -> str:
    """The midnight that ends a night of November 2026, in Jakarta."""
    return f"2026-11-{night + 1:02d}T00:00:00+07:00"

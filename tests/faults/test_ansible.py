# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that Ansible started: the connection lost, the run killed, the disk full."""

from __future__ import annotations

import collections.abc
import contextlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import time

import pytest

from ansible_run import Ansible

from .gate import Gate
from .lab import Lab, Started, moment

SECONDS = 60


def until(condition: collections.abc.Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.05)


@contextlib.contextmanager
def locked(database: pathlib.Path) -> collections.abc.Iterator[None]:
    """A program that writes to the database and takes its time: the backup waits for it."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")


def play(lab: Lab, ansible: Ansible) -> Started:
    """Start the playbook as an operator would; everything that it leaves behind is waited for."""
    sources, media = lab.config["sources"], lab.config["media"]
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "/usr/bin/python3",
        "backup_sources": sources,
        "backup_media": media,
        "backup_recipients": lab.config["recipients"],
        "backup_host_name": lab.config["host"],
        "backup_host_store": lab.config["store"],
        "backup_host_state": lab.config["state"],
        "backup_host_at": moment(2),
    }
    inventory = lab.root / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"db1": variables}}}), encoding="utf-8")
    directory = lab.runs / "play"
    directory.mkdir()
    command = [str(ansible.bin_directory / "ansible-playbook"), "-i", str(inventory), "nusantara.backup.backup"]
    environment = {**ansible.environment, "TMPDIR": str(lab.temporary), "ANSIBLE_NOCOLOR": "1"}
    return Started(command, environment, directory, patience=SECONDS)


def waits(lab: Lab) -> bool:
    """Whether a run has begun with its source."""
    journal = lab.state / "journal.jsonl"
    return journal.exists() and journal.read_text(encoding="utf-8").count('"event":"source.started"') == 2


def runner(lab: Lab) -> int:
    """The process of the run, as its lock names it."""
    notes = [path.read_text(encoding="utf-8") for path in (lab.state / "locks").glob("source-*.lock")]
    return int(notes[0].split()[1])


@pytest.fixture
def begun(lab: Lab) -> pathlib.Path:
    path = lab.sqlite()
    lab.good(night=1)
    return path


def test_a_lost_connection_harms_nothing(lab: Lab, ansible: Ansible, begun: pathlib.Path) -> None:
    """ansible-playbook and all its workers are killed in the middle: the run on the host goes on and succeeds."""
    gate = Gate(lab)
    with locked(begun):
        started = play(lab, ansible)
        until(lambda: waits(lab))
        assert os.getsid(runner(lab)) != os.getsid(started.pid), "the run is in a session of its own"
        os.killpg(started.pid, signal.SIGKILL)
    done = started.wait()
    assert done.status == -signal.SIGKILL
    # Where a module of Ansible's is killed, what Ansible had unpacked for it stays; nothing of ours is in it.
    for unpacked in lab.temporary.glob("ansible_*_payload_*"):
        shutil.rmtree(unpacked)
    gate.clean(done)
    attempt = lab.attempts("Pegawai")[0]
    assert attempt["outcome"] == "success", attempt
    assert [copy["outcome"] for copy in attempt["copies"]] == ["verified"]
    assert lab.run(night=2).said.strip().endswith("nothing is due")
    gate.healed(night=3)


def test_a_run_that_is_killed_is_told_to_who_follows_it(lab: Lab, ansible: Ansible, begun: pathlib.Path) -> None:
    gate = Gate(lab)
    with locked(begun):
        started = play(lab, ansible)
        until(lambda: waits(lab))
        os.kill(runner(lab), signal.SIGKILL)
        done = started.wait()
    assert done.status == 2, done.said
    gate.clean(done)
    assert "Pegawai interrupted" in done.said and "the next run tries again" in done.said
    assert lab.attempts("Pegawai")[0]["outcome"] == "interrupted"
    gate.healed(night=2)


def test_a_source_that_fails_is_told_by_the_play(lab: Lab, ansible: Ansible, begun: pathlib.Path) -> None:
    gate = Gate(lab)
    kept = begun.rename(begun.parent / "away.db")
    done = play(lab, ansible).wait()
    assert done.status == 2
    gate.clean(done)
    assert str(begun) in done.said and "cannot be read" in done.said
    assert lab.attempts("Pegawai")[0]["outcome"] == "failed"
    kept.rename(begun)
    gate.healed(night=2)

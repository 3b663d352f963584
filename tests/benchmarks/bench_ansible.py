# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook ``backup.yml`` against the database module of the community, and what it costs on the host."""

from __future__ import annotations

import json
import re
import shutil
import typing as t
from pathlib import Path

from tests.benchmarks.bench_dump import postgresql_source
from tests.benchmarks.measure import Row, Side, in_turn, run
from tests.benchmarks.runner import PYTHON, Host
from tests.benchmarks.workload import DATABASE
from tests.support.postgres import SUPERUSER, Cluster
from tests.tools.checkout import CACHE, ROOT, collections_path

BIN = CACHE / "venvs" / "bench" / "bin"
CALLS_LIMIT = 3
_MODULE = re.compile(r"Using module file \S*/modules/(\w+)\.py")

_THEIRS = """
- hosts: all
  gather_facts: false
  tasks:
    - community.postgresql.postgresql_db:
        name: "{{ dump.name }}"
        state: dump
        target: "{{ dump.target }}"
        login_unix_socket: "{{ dump.socket }}"
        login_port: "{{ dump.port }}"
        login_user: "{{ dump.user }}"
"""


class Control:
    """A controller and its only host, which is this machine."""

    def __init__(self, base: Path) -> None:
        self.base = base
        base.mkdir(parents=True, exist_ok=True)

    def play(self, playbook: Path, variables: t.Mapping[str, t.Any], *words: str) -> str:
        values = self.base / "variables.json"
        values.write_text(json.dumps(variables), encoding="utf-8")
        return run(
            str(BIN / "ansible-playbook"),
            "--inventory=db1,",
            "--connection=local",
            f"--extra-vars=@{values}",
            *words,
            str(playbook),
            ANSIBLE_COLLECTIONS_PATH=str(collections_path()),
            ANSIBLE_CONFIG=str(ROOT / "tests" / "ansible.cfg"),
            ANSIBLE_HOME=str(self.base / "ansible"),
            ANSIBLE_NOCOLOR="1",
            ANSIBLE_PIPELINING="1",
            HOME=str(self.base),
        )


def playbook(cluster: Cluster, host: Host, rounds: int) -> t.Iterator[Row]:
    """Playbook to playbook: a whole backup of ours, and a dump of theirs without encryption, hash or re-read."""
    control = Control(host.base / "control")
    target = control.base / "simpeg.pgc"
    theirs = control.base / "theirs.yml"
    theirs.write_text(_THEIRS, encoding="utf-8")
    dump = {
        "name": DATABASE,
        "target": str(target),
        "socket": str(cluster.socket),
        "port": cluster.port,
        "user": SUPERUSER,
    }
    ours = {
        "ansible_python_interpreter": PYTHON,
        "backup_store": str(host.store),
        "backup_state": str(host.state),
        "backup_mode": "incidental",
        "backup_recipients": host.recipients,
        "backup_sources": [postgresql_source(cluster, "rows", frequency="daily")],
    }

    def backup(*words: str) -> str:
        return control.play(ROOT / "playbooks" / "backup.yml", ours, *words)

    def dump_by_theirs() -> str:
        return control.play(theirs, {"ansible_python_interpreter": str(BIN / "python"), "dump": dump})

    sides = Side("backup.yml", backup, host.clear), Side("postgresql_db", dump_by_theirs, lambda: clear(target))
    yield in_turn(*sides, rounds).at_most(
        "PostgreSQL by backup.yml, to community.postgresql.postgresql_db (.pgc)", 0.45
    )
    yield calls(backup, host)


def calls(backup: t.Callable[..., str], host: Host) -> Row:
    """Counts the modules that Ansible runs on the host; ``backup_run`` again is a poll of the run that it started."""
    host.clear()
    found = _MODULE.findall(backup("-vvv"))
    polls = max(found.count("backup_run") - 1, 0)
    count = len(found) - polls
    reached = 0 < count <= CALLS_LIMIT
    detail = f"{', '.join(sorted(set(found)))}; {polls} polls"
    return Row(
        "backup.yml for one source: module calls on the host", f"at most {CALLS_LIMIT}", str(count), "", reached, detail
    )


def clear(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)

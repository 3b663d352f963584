# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps of MariaDB against the same programs in a shell pipe, and playbook against playbook."""

from __future__ import annotations

import typing as t

from tests.benchmarks.bench_ansible import BIN, Control, clear
from tests.benchmarks.bench_dump import Chain
from tests.benchmarks.measure import Row, Side, for_information, in_turn
from tests.benchmarks.runner import PYTHON, Host
from tests.benchmarks.workload import DATABASE
from tests.support.mariadb import SUPERUSER, SUPERUSER_PASSWORD, Server
from tests.tools.checkout import ROOT

# One server for both sides, with room for the whole database, as a site would give it.
SETTINGS = ("--innodb-buffer-pool-size=2G",)

_THEIRS = """
- hosts: all
  gather_facts: false
  tasks:
    - community.mysql.mysql_db:
        name: "{{ dump.name }}"
        state: dump
        target: "{{ dump.target }}"
        login_unix_socket: "{{ dump.socket }}"
        login_user: "{{ dump.user }}"
        login_password: "{{ dump.password }}"
        single_transaction: true
"""


def mariadb_source(server: Server, inventory: str, **more: t.Any) -> dict[str, t.Any]:
    """The database of the benchmarks as a source of ours."""
    options = server.options(database=DATABASE, inventory=inventory, **more)
    return {"name": "SIMPEG", "engine": "mariadb", **options}


def mariadb(server: Server, host: Host, keys: t.Sequence[str], rounds: int) -> t.Iterator[Row]:
    """The database against the shell: alone, with its re-read, with its inventory, and the whole run."""
    login = server.option_file(host.base / "login")
    producer = ["mariadb-dump", f"--defaults-file={login}", "--single-transaction", DATABASE]
    chain = Chain(producer, host.base / "chain.zst.age", keys)
    objects = host.job(mariadb_source(server, "objects", accounts=False))
    rows = host.job(mariadb_source(server, "rows", accounts=False))
    whole = host.job(mariadb_source(server, "rows"))
    raw = Side("shell", chain.make, chain.clear)
    raw_read = Side("shell", chain.make_and_read_back, chain.clear)

    def ours(job: t.Any, read_back: bool) -> Side:
        return Side("ours", lambda: host.dump(job, read_back=read_back), host.clear)

    yield in_turn(ours(objects, False), raw, rounds).at_most("MariaDB, without read-back, to the raw chain", 1.05)
    yield in_turn(ours(objects, True), raw_read, rounds).at_most("MariaDB, both sides read back", 1.05)
    yield in_turn(ours(rows, False), raw, rounds).at_most("MariaDB, with row inventory, to the raw chain", 1.2)
    run_side = Side("whole run", lambda: host.run(whole), host.clear)
    yield in_turn(run_side, raw_read, for_information(rounds)).at_most(
        "MariaDB, a whole run (preflight, rows, accounts, manifest, journal), to the raw chain that reads back", None
    )


def playbook(server: Server, host: Host, rounds: int) -> t.Iterator[Row]:
    """Playbook to playbook: a whole backup of ours, and a dump of theirs without encryption, hash or re-read."""
    control = Control(host.base / "control")
    theirs = control.base / "theirs.yml"
    theirs.write_text(_THEIRS, encoding="utf-8")
    login = {"socket": str(server.socket), "user": SUPERUSER, "password": SUPERUSER_PASSWORD}
    ours = {
        "ansible_python_interpreter": PYTHON,
        "backup_store": str(host.store),
        "backup_state": str(host.state),
        "backup_mode": "incidental",
        "backup_recipients": host.recipients,
        "backup_sources": [mariadb_source(server, "rows", frequency="daily")],
    }

    def backup() -> str:
        return control.play(ROOT / "playbooks" / "backup.yml", ours)

    for kind, limit in (("gz", 0.45), ("zst", 1.05)):
        target = control.base / f"simpeg.sql.{kind}"
        dump = {"name": DATABASE, "target": str(target), **login}
        given = {"ansible_python_interpreter": str(BIN / "python"), "dump": dump}
        sides = (
            Side("backup.yml", backup, host.clear),
            Side("mysql_db", lambda given=given: control.play(theirs, given), lambda target=target: clear(target)),
        )
        yield in_turn(*sides, rounds).at_most(f"MariaDB by backup.yml, to community.mysql.mysql_db (.{kind})", limit)

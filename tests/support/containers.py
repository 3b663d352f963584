# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PostgreSQL and a MariaDB server in a container, as a site has them that keeps databases there."""

from __future__ import annotations

import contextlib
import subprocess
import typing as t
import uuid

from tests.support.site import wait_until

from container_run import PODMAN, RUN_FLAGS, image


class PostgresContainer:
    """A container without systemd, whose servers are started by hand."""

    def __init__(self) -> None:
        self.name = f"nusantara-backup-{uuid.uuid4().hex[:8]}"
        self.prefix = [*PODMAN, "exec", "-i", "-u", "postgres", self.name]

    def start(self) -> None:
        flags = [flag for flag in RUN_FLAGS if "systemd" not in flag]
        command = [
            *PODMAN,
            "run",
            "--detach",
            "--init",
            "--name",
            self.name,
            *flags,
            image("debian-13"),
            "sleep",
            "infinity",
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        subprocess.run([*PODMAN, "exec", self.name, "pg_ctlcluster", "17", "main", "start"], check=True)

    def start_mariadb(self) -> None:
        """A second server, which lets root in by its socket."""
        subprocess.run([*PODMAN, "exec", self.name, "install", "-d", "-o", "mysql", "/run/mysqld"], check=True)
        command = [
            *PODMAN,
            "exec",
            "--detach",
            self.name,
            "mariadbd",
            "--user=mysql",
            "--innodb-flush-log-at-trx-commit=0",
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        wait_until(lambda: self.mariadb("SELECT 1").returncode == 0)

    def mariadb(self, script: str) -> subprocess.CompletedProcess[str]:
        command = [*PODMAN, "exec", "-i", self.name, "mariadb", "--batch"]
        return subprocess.run(command, input=script, capture_output=True, text=True, check=False, timeout=60)

    def remove(self) -> None:
        subprocess.run([*PODMAN, "rm", "--force", "--time=0", self.name], check=True, stdout=subprocess.DEVNULL)

    def sql(self, database: str, script: str) -> str:
        command = [*self.prefix, "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database]
        done = subprocess.run(command, input=script, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def programs(self, names: str = "psql|pg_dump|pg_dumpall") -> list[str]:
        """The client programs that run in the container."""
        command = [*PODMAN, "exec", self.name, "pgrep", "--list-name", "--exact", names]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split("\n")[:-1]


@contextlib.contextmanager
def postgres_container() -> t.Iterator[PostgresContainer]:
    """A container with a running server that is gone afterwards."""
    container = PostgresContainer()
    try:
        container.start()
        yield container
    finally:
        container.remove()

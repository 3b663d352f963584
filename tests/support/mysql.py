# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Throwaway MySQL servers, where MySQL is installed: the like of MariaDB's, with what differs."""

from __future__ import annotations

import atexit
import contextlib
import functools
import shutil
import tempfile
from pathlib import Path

from .mariadb import QUICK, Server, running


class MysqlServer(Server):
    """One MySQL server; its files are a copy of those that the first one made, which takes seconds."""

    daemon = Path("/usr/sbin/mysqld")
    client = "mysql"
    dump = "mysqldump"
    engine = "mysql"
    no_guests = ""
    quick = (
        *(setting for setting in QUICK if "log-file-size" not in setting),
        "--innodb-redo-log-capacity=64M",
        "--innodb-use-native-aio=OFF",
        "--performance-schema=OFF",
        "--skip-log-bin",
    )

    def _install(self) -> None:
        shutil.copytree(_template(), self.data)
        for path in (self.data, *self.data.rglob("*")):
            self._give(path)

    def _arguments(self) -> list[str]:
        return ["--mysqlx=OFF", *super()._arguments()]

    def make_template(self) -> None:
        """The files of a fresh server, with a superuser that needs no password."""
        self.root.chmod(0o755)
        self.data.mkdir(mode=0o700)
        self._give(self.data)
        made = [str(self.daemon), "--no-defaults", "--initialize-insecure", f"--datadir={self.data}", *self.quick]
        self._quietly([*self.as_owner(), *made])
        # Else every copy would be the same server.
        (self.data / "auto.cnf").unlink()


@functools.cache
def _template() -> Path:
    root = Path(tempfile.mkdtemp(prefix="mysqltest-"))
    atexit.register(shutil.rmtree, root)
    server = MysqlServer(root)
    server.make_template()
    return server.data


def running_mysql(*settings: str, tcp: bool = False) -> contextlib.AbstractContextManager[MysqlServer]:
    """A MySQL server that is gone afterwards; ``settings`` are options of ``mysqld``."""
    return running(MysqlServer, *settings, tcp=tcp)

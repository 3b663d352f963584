# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Throwaway PostgreSQL clusters: real servers of the installed versions, run by an unprivileged user."""

from __future__ import annotations

import atexit
import contextlib
import functools
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import typing as t
from pathlib import Path

from .certificates import authority, certificate

SUPERUSER = "postgres"
SUPERUSER_PASSWORD = "Rahasia: 'super' \\ pw"


def newest_binaries() -> Path:
    """The directory of the newest installed server."""
    found = glob.glob("/usr/lib/postgresql/*/bin/initdb")
    assert found, "no PostgreSQL server is installed"
    return Path(max(found, key=lambda path: int(path.split("/")[4]))).parent


def _user() -> dict[str, t.Any]:
    """Servers refuse to run as root: then they are run by the user nobody has to make."""
    if os.geteuid():
        return {}
    entry = pwd.getpwnam("postgres")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """One server in a directory of its own, with a socket, a TCP port and TLS."""

    def __init__(self, root: Path, superuser: str = SUPERUSER) -> None:
        self.superuser = superuser
        self.binaries = newest_binaries()
        self.root = root
        self.data = root / "data"
        self.socket = root / "socket"
        self.port = _free_port()
        self.ca = root / "ca.crt"
        self.other_ca = root / "other.crt"

    def make(self) -> None:
        self.root.chmod(0o755)
        for path in (self.data, self.socket):
            path.mkdir(mode=0o755)
            self._give(path)
        secret = self.root / "superuser"
        secret.write_text(SUPERUSER_PASSWORD + "\n")
        self._give(secret)
        self._run(
            "initdb",
            f"--pgdata={self.data}",
            f"--username={self.superuser}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--auth-local=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "--no-instructions",
        )
        self._certificates()
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as file:
            file.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{self.socket}'\n"
                "ssl = on\nfsync = off\nmax_connections = 30\nshared_buffers = 64MB\nlog_min_messages = warning\n"
                # Not in /dev/shm, where other tests look for clear text.
                "dynamic_shared_memory_type = mmap\n"
            )
        (self.data / "pg_hba.conf").write_text(
            f"local all {self.superuser} trust\nlocal all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n"
        )

    def follow(self, primary: Cluster) -> None:
        """Become a copy that replays what the other server writes."""
        self.root.chmod(0o755)
        for path in (self.data, self.socket):
            path.mkdir(mode=0o700 if path is self.data else 0o755)
            self._give(path)
        with (primary.data / "pg_hba.conf").open("a", encoding="utf-8") as file:
            file.write(f"local replication {self.superuser} trust\n")
        primary.sql("postgres", "SELECT pg_reload_conf()")
        self._run(
            "pg_basebackup",
            f"--pgdata={self.data}",
            "--write-recovery-conf",
            "--checkpoint=fast",
            "--no-sync",
            f"--host={primary.socket}",
            f"--port={primary.port}",
            f"--username={self.superuser}",
        )
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(f"port = {self.port}\nunix_socket_directories = '{self.socket}'\n")

    def start(self) -> None:
        self._run("pg_ctl", f"--pgdata={self.data}", f"--log={self.data}/server.log", "--wait", "--timeout=60", "start")

    def stop(self, mode: str = "immediate") -> None:
        if self._runs():
            self._run("pg_ctl", f"--pgdata={self.data}", "--wait", f"--mode={mode}", "stop")

    def _runs(self) -> bool:
        """Also not when it was killed and its parent has not looked yet."""
        try:
            pid = (self.data / "postmaster.pid").read_text().split("\n", 1)[0]
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return False
        return state != "Z"

    def kill_server(self) -> None:
        """End the server as a crash would: no process of it is asked."""
        pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, signal.SIGKILL)

    def kill_backends(self, where: str) -> None:
        for line in self.sql("postgres", f"SELECT pid FROM pg_stat_activity WHERE {where}").split():
            os.kill(int(line), signal.SIGKILL)

    def sql(self, database: str, script: str, *, user: str = "") -> str:
        """Run statements by the server's own superuser and return what they answer."""
        done = subprocess.run(
            [
                self.binaries / "psql",
                "--no-psqlrc",
                "--no-align",
                "--tuples-only",
                "--quiet",
                "--set=ON_ERROR_STOP=1",
                f"--host={self.socket}",
                f"--port={self.port}",
                f"--username={user or self.superuser}",
                "--dbname=" + _conninfo(database),
                "--file=-",
            ],
            input=script,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env=_environment(),
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def create(self, database: str) -> None:
        self.sql("postgres", f'CREATE DATABASE "{database.replace(chr(34), chr(34) * 2)}" TEMPLATE template0')

    def drop(self, database: str) -> None:
        self.sql("postgres", f'DROP DATABASE IF EXISTS "{database.replace(chr(34), chr(34) * 2)}" WITH (FORCE)')

    @staticmethod
    def conninfo(database: str) -> str:
        """A database as a connection string, whatever it is called."""
        return _conninfo(database)

    def stock(self, words: t.Sequence[str], data: bytes, **places: str) -> subprocess.CompletedProcess[bytes]:
        """Run a stock restore command as an operator would, its place holders filled in."""
        filled = [_filled(word, places) for word in words]
        env = {**_environment(), "PGHOST": str(self.socket), "PGPORT": str(self.port), "PGUSER": self.superuser}
        return subprocess.run(
            [self.binaries / filled[0], *filled[1:]], input=data, capture_output=True, check=False, timeout=300, env=env
        )

    def options(self, **more: t.Any) -> dict[str, t.Any]:
        """A source's options for this server by its socket."""
        return {
            "host": str(self.socket),
            "port": self.port,
            "user": self.superuser,
            "bin_dir": str(self.binaries),
            **more,
        }

    def _certificates(self) -> None:
        """A certificate for localhost by an authority of its own, and an authority that signed nothing."""
        for name in ("ca", "other"):
            authority(self.root, name)
        key, made = self.data / "server.key", self.data / "server.crt"
        certificate(self.root, self.ca, key, made)
        self._give(key)
        self._give(made)

    def _run(self, program: str, *arguments: str) -> None:
        # Not a pipe: a server that is started keeps it open.
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(
                [self.binaries / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                check=False,
                timeout=120,
                env=_environment(),
                cwd="/",
                **_user(),
            )
            said.seek(0)
            assert done.returncode == 0, said.read().decode()

    def _give(self, path: Path) -> None:
        user = _user()
        if user:
            os.chown(path, user["user"], user["group"])


@contextlib.contextmanager
def running_cluster(superuser: str = SUPERUSER) -> t.Iterator[Cluster]:
    """A server that is gone afterwards, with its files."""
    root = Path(tempfile.mkdtemp(prefix="pgtest-"))
    cluster = Cluster(root, superuser)
    try:
        cluster.make()
        cluster.start()
        yield cluster
    finally:
        try:
            cluster.stop()
        finally:
            shutil.rmtree(root)


@contextlib.contextmanager
def running_standby(primary: Cluster) -> t.Iterator[Cluster]:
    """A hot standby that follows another server."""
    root = Path(tempfile.mkdtemp(prefix="pgtest-"))
    standby = Cluster(root, primary.superuser)
    try:
        standby.follow(primary)
        standby.start()
        yield standby
    finally:
        try:
            standby.stop()
        finally:
            shutil.rmtree(root)


@functools.cache
def shared_cluster() -> Cluster:
    """One server for all who ask, until the tests end."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(running_cluster())


def _filled(word: str, places: t.Mapping[str, str]) -> str:
    for mark, value in places.items():
        word = word.replace(mark, value)
    return word


def _conninfo(database: str) -> str:
    return "dbname='" + database.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/nonexistent"}

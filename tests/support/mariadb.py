# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Throwaway MariaDB servers: real ones of the installed version, run by an unprivileged user."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import typing as t
from pathlib import Path

from .certificates import authority, certificate

SUPERUSER = "root"
SUPERUSER_PASSWORD = "Rahasia: 'super' \\ \"pw\" #1"
# A server of tests may lose what it has when the machine stops.
QUICK = (
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--innodb-log-file-size=64M",
    "--innodb-buffer-pool-size=64M",
    "--max-allowed-packet=64M",
    "--character-set-server=utf8mb4",
)


class Server:
    """One server in a directory of its own, with a socket; with ``tcp`` also a port and TLS."""

    binaries = Path("/usr/bin")
    daemon = Path("/usr/sbin/mariadbd")
    client = "mariadb"
    dump = "mariadb-dump"
    engine = "mariadb"
    quick: t.Sequence[str] = QUICK
    no_guests = (
        "DELETE FROM mysql.global_priv WHERE user = '' OR (user = 'root' AND host <> 'localhost'); FLUSH PRIVILEGES;"
    )

    def __init__(self, root: Path, *settings: str, tcp: bool = False) -> None:
        self.root = root
        self.data = root / "data"
        self.socket = root / "run" / "server.sock"
        self.log = root / "run" / "server.log"
        self.secret = root / "superuser"
        self.port = _free_port() if tcp else 0
        self.ca = root / "ca.crt"
        self.other_ca = root / "other.crt"
        self._settings = settings
        self._secured = False
        self._process: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """Make the server's files; its superuser is ``root`` with a password."""
        self.root.chmod(0o755)
        self.socket.parent.mkdir(mode=0o755)
        self._give(self.socket.parent)
        self.secret.write_text(SUPERUSER_PASSWORD + "\n", encoding="utf-8")
        self.secret.chmod(0o600)
        self._install()
        if self.port:
            for name in ("ca", "other"):
                authority(self.root, name)
            key, made = self.root / "run" / "server.key", self.root / "run" / "server.crt"
            certificate(self.root, self.ca, key, made)
            self._give(key)
            self._give(made)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as news, tempfile.TemporaryDirectory() as place:
            news.bind(f"{place}/news")
            for path in (place, f"{place}/news"):
                os.chown(path, *_owner())
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    [*self.as_owner(), str(self.daemon), "--no-defaults", *self._arguments()],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env={**_environment(self.root), "NOTIFY_SOCKET": f"{place}/news"},
                    # As a service of its own: the kernel shares processors out by sessions.
                    start_new_session=True,
                )
            self._wait_ready(news)
        if not self._secured:
            self._secure()

    def stop(self) -> None:
        """End the server at once; what it has is thrown away or recovered at the next start."""
        self._end(signal.SIGKILL)

    def shut_down(self) -> None:
        """End the server in order."""
        self._end(signal.SIGTERM)

    def kill_server(self) -> None:
        """End the server as a crash would."""
        self._end(signal.SIGKILL)

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server does not run"
        return self._process.pid

    def kill_connections(self, where: str = "user = 'root'") -> None:
        """End the connections that ``information_schema.processlist`` lists so, but not the asking one."""
        script = f"SELECT id FROM information_schema.processlist WHERE id <> connection_id() AND ({where})"
        for number in self.sql("", script).split():
            # Some are gone by then.
            self.try_sql("", f"KILL CONNECTION {number}")

    def sql(self, database: str, script: str, *, user: str = "", password: str = "") -> str:
        """Run statements by the superuser (or another one) and return what they answer, fields by tabs."""
        done = self.try_sql(database, script, user=user, password=password)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip("\n")

    def try_sql(
        self, database: str, script: str, *, user: str = "", password: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """The same, whatever comes of it."""
        with tempfile.TemporaryDirectory() as place:
            login = self.option_file(Path(place) / "login", user, password)
            return subprocess.run(
                [
                    self.binaries / self.client,
                    f"--defaults-file={login}",
                    "--batch",
                    "--raw",
                    "--comments",
                    "--skip-column-names",
                    "--default-character-set=utf8mb4",
                    "--database=" + database,
                ],
                input=script,
                capture_output=True,
                text=True,
                encoding="utf-8",
                check=False,
                timeout=120,
                env=_environment(self.root),
            )

    def option_file(self, path: Path, user: str = "", password: str = "") -> Path:
        """An option file of mode 0600 that logs in by the socket."""
        words = {"socket": str(self.socket), "user": user or SUPERUSER}
        words["password"] = password if user else SUPERUSER_PASSWORD
        path.touch(mode=0o600)
        lines = [f"{key}={_option_value(value)}" for key, value in words.items()]
        path.write_text("\n".join(["[client]", *lines, ""]), encoding="utf-8")
        return path

    def create(self, database: str, settings: str = "") -> None:
        self.sql("", f"CREATE DATABASE {quoted(database)} {settings}")

    def drop(self, database: str) -> None:
        self.sql("", f"DROP DATABASE IF EXISTS {quoted(database)}")

    def drop_account(self, who: str) -> None:
        """Drop an account or a role, named as the server quotes it."""
        self.sql("", f"DROP {'USER' if '@' in who else 'ROLE'} {who}")

    def stock(self, words: t.Sequence[str], data: bytes, **places: str) -> subprocess.CompletedProcess[bytes]:
        """Run a stock restore command as an operator would: logged in by the option file of the home directory."""
        filled = [_filled(word, places) for word in words]
        self.option_file(self.root / ".my.cnf")
        return subprocess.run(
            [self.binaries / filled[0], *filled[1:]],
            input=data,
            capture_output=True,
            check=False,
            timeout=300,
            env=_environment(self.root),
        )

    def options(self, **more: t.Any) -> dict[str, t.Any]:
        """A source's options for this server: its superuser by the socket."""
        return {"socket": str(self.socket), "user": SUPERUSER, "password_file": str(self.secret), **more}

    def tcp_options(self, **more: t.Any) -> dict[str, t.Any]:
        """The same by TCP with TLS."""
        assert self.port, "the server was made without TCP"
        by_socket = {key: value for key, value in self.options().items() if key != "socket"}
        by_tcp = {"host": "localhost", "port": self.port, "ssl_mode": "verify", "ssl_ca": str(self.ca)}
        return {**by_socket, **by_tcp, **more}

    def _install(self) -> None:
        self.data.mkdir(mode=0o700)
        self._give(self.data)
        command = [
            "mariadb-install-db",
            "--no-defaults",
            f"--datadir={self.data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
            *self.quick,
        ]
        self._quietly([*self.as_owner(), *command])

    def _secure(self) -> None:
        """Give the superuser its password, and leave nobody else who may log in."""
        password = f"ALTER USER root@localhost IDENTIFIED BY {text_literal(SUPERUSER_PASSWORD)};"
        with tempfile.TemporaryDirectory() as place:
            login = Path(place) / "login"
            login.write_text(f"[client]\nsocket={self.socket}\nuser={SUPERUSER}\n", encoding="utf-8")
            command = [str(self.binaries / self.client), f"--defaults-file={login}", "--batch"]
            self._quietly(command, self.no_guests + password)
        self._secured = True

    def _arguments(self) -> list[str]:
        arguments = [
            f"--datadir={self.data}",
            f"--socket={self.socket}",
            f"--pid-file={self.socket.parent}/server.pid",
            f"--tmpdir={self.socket.parent}",
            *self.quick,
        ]
        if self.port:
            arguments += ["--bind-address=127.0.0.1", f"--port={self.port}", f"--ssl-ca={self.ca}"]
            arguments += [f"--ssl-cert={self.root}/run/server.crt", f"--ssl-key={self.root}/run/server.key"]
        else:
            arguments.append("--skip-networking")
        return [*arguments, *self._settings]

    def _wait_ready(self, news: socket.socket) -> None:
        """The server tells as it would tell systemd; one that ends instead tells why in its log."""
        assert self._process is not None
        end = os.pidfd_open(self._process.pid)
        try:
            said = b""
            while b"READY=1" not in said:
                ready, _out, _err = select.select([news, end], [], [], 60)
                if news not in ready:
                    self.stop()
                    raise AssertionError("the server did not start:\n" + self.log.read_text(errors="replace")[-3000:])
                said = news.recv(4096)
        finally:
            os.close(end)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def _quietly(self, command: t.Sequence[str], script: str = "") -> None:
        done = subprocess.run(
            command,
            input=script.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=120,
            cwd="/",
            env=_environment(self.root),
        )
        assert done.returncode == 0, done.stdout.decode(errors="replace")

    @staticmethod
    def as_owner() -> list[str]:
        """Words before a server's command: another user, and an end with whoever started it."""
        user, group = _owner()
        change = [] if os.geteuid() else [f"--reuid={user}", f"--regid={group}", "--clear-groups"]
        return ["setpriv", *change, "--pdeathsig=KILL", "--"]

    @staticmethod
    def _give(path: Path) -> None:
        os.chown(path, *_owner())


Made = t.TypeVar("Made", bound=Server)


@contextlib.contextmanager
def running(kind: type[Made], *settings: str, tcp: bool = False) -> t.Iterator[Made]:
    """A server of one kind that is gone afterwards, with its files."""
    root = Path(tempfile.mkdtemp(prefix="mariadbtest-"))
    server = kind(root, *settings, tcp=tcp)
    try:
        server.make()
        server.start()
        yield server
    finally:
        try:
            server.stop()
        finally:
            shutil.rmtree(root)


def running_server(*settings: str, tcp: bool = False) -> contextlib.AbstractContextManager[Server]:
    """A MariaDB server that is gone afterwards; ``settings`` are options of ``mariadbd``."""
    return running(Server, *settings, tcp=tcp)


@functools.cache
def shared(_name: str, start: t.Callable[[], contextlib.AbstractContextManager[Server]]) -> Server:
    """One server of each name for all who ask, until the tests end."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(start())


def shared_server() -> Server:
    """The MariaDB server that all may share who make databases of their own."""
    return shared("source", running_server)


def quoted(name: str) -> str:
    """A name as an identifier of SQL."""
    return "`" + name.replace("`", "``") + "`"


def text_literal(value: str) -> str:
    """A text as a literal of SQL."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _option_value(value: str) -> str:
    """A value as the option files of the clients take it."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _owner() -> tuple[int, int]:
    """Servers refuse to run as root: then they are run by the user that their package makes."""
    if os.geteuid():
        return os.geteuid(), os.getegid()
    entry = pwd.getpwnam("mysql")
    return entry.pw_uid, entry.pw_gid


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _filled(word: str, places: t.Mapping[str, str]) -> str:
    for mark, value in places.items():
        word = word.replace(mark, value)
    return word


def _environment(home: Path) -> dict[str, str]:
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(home)}

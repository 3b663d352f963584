# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine command with programs that sites have: OpenLDAP's export and Redis' snapshot (K3)."""

from __future__ import annotations

import pathlib
import subprocess
import typing as t

import pytest
from tests.support.command_engine import Made, dumped, problem_of, program
from tests.support.redis import Redis, running_redis

pytestmark = pytest.mark.debian13
PEOPLE = 300
CONFIGURATION = """include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "dc=example,dc=org"
directory {directory}
maxsize 10485760
"""
TOP = "dn: dc=example,dc=org\nobjectClass: organization\nobjectClass: dcObject\no: Contoh\ndc: example\n\n"
PERSON = "dn: uid=p{n},dc=example,dc=org\nobjectClass: inetOrgPerson\ncn: Pegawai {n} é\nsn: Pegawai\nuid: p{n}\n\n"
EXPORT = """set -eu
/usr/sbin/slapcat -f "$1" -n 1 -o ldif-wrap=no
echo "# end of export"
"""
COUNT = """set -eu
entries=$(/usr/sbin/slapcat -f "$1" -n 1 | grep -c '^dn: ')
printf 'dc=example,dc=org\\t%s\\n' "$entries"
"""


class Directory:
    """An LDAP database without a server: its programs work on the files, as they do beside one."""

    def __init__(self, place: pathlib.Path) -> None:
        (place / "db").mkdir(parents=True)
        self.configuration = str(place / "slapd.conf")
        (place / "slapd.conf").write_text(CONFIGURATION.format(directory=place / "db"))

    def load(self, data: bytes) -> None:
        self._run("slapadd", "-q", data=data)

    def export(self) -> bytes:
        return self._run("slapcat", "-o", "ldif-wrap=no")

    def _run(self, name: str, *words: str, data: bytes = b"") -> bytes:
        command = [f"/usr/sbin/{name}", "-f", self.configuration, "-n", "1", *words]
        done = subprocess.run(command, input=data, capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout


def exported(tmp_path: pathlib.Path, script: str, directory: Directory, **end: str) -> tuple[str, dict[str, t.Any]]:
    """Script and options of the page's example, for a database of the test's own."""
    place = directory.configuration
    check = ["/usr/sbin/slapadd", "-u", "-f", place, "-n", "1"]
    export = program(tmp_path / "export", script)
    count = [program(tmp_path / "count", COUNT), place]
    return f"exec {export} {place}", {"end": {"last_line": "# end of export", "check": check, **end}, "count": count}


@pytest.fixture
def directory(tmp_path: pathlib.Path) -> Directory:
    made = Directory(tmp_path / "ldap")
    made.load((TOP + "".join(PERSON.format(n=n) for n in range(PEOPLE))).encode())
    return made


def test_an_ldap_directory_comes_back(tmp_path: pathlib.Path, directory: Directory) -> None:
    script, options = exported(tmp_path, EXPORT, directory)
    before = directory.export()
    made = dumped(tmp_path, script, **options)
    assert made.codes() == []
    assert made.inventory.totals == {"counted": 1, "rows": PEOPLE + 1}
    other = Directory(tmp_path / "other")
    other.load(made.plain)
    assert other.export() == before == directory.export()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (EXPORT.replace("echo", "exit 0 #"), "last line"),
        (EXPORT.replace("-o ldif-wrap=no", "| head -c 20000"), "last line"),
        (EXPORT.replace("echo", "echo rubbish; echo"), "'slapadd' ended with status 1"),
        (EXPORT.replace("-n 1", "-n 9"), "ended with status 1"),
    ],
    ids=["no last line", "cut in a line", "not LDIF", "no such database"],
)
def test_pitfall_an_export_that_is_not_whole_is_refused(
    tmp_path: pathlib.Path, directory: Directory, script: str, words: str
) -> None:
    run, options = exported(tmp_path, script, directory)
    assert words in problem_of(tmp_path, run, **options).what


@pytest.fixture
def redis(tmp_path: pathlib.Path) -> t.Iterator[Redis]:
    (tmp_path / "redis").mkdir()
    with running_redis(tmp_path / "redis") as running:
        running.cli(data="".join(f"SET sesi:{n} {'x' * 200}{n}\n" for n in range(1000)).encode())
        running.cli("rpush", "antrean", "satu", "dua 😀", "tiga")
        running.cli("hset", "pegawai:1", "nama", "Sri Contoh", "nip", "1")
        running.cli("zadd", "nilai", "1.5", "a", "inf", "b")
        running.cli("-x", "set", "biner", data=bytes(range(256)))
        yield running


def snapshot(tmp_path: pathlib.Path, redis: Redis, behind: str = "cat") -> tuple[str, dict[str, t.Any]]:
    end = {"first_bytes": b"REDIS".hex(), "check": ["redis-check-rdb", "/dev/stdin"]}
    probe = [program(tmp_path / "look", f'test "$(redis-cli -s {redis.socket} ping)" = PONG')]
    return f"redis-cli -s {redis.socket} --rdb - | {behind}", {"end": end, "probe": probe, "stderr": "ignore"}


def test_a_redis_server_comes_back(tmp_path: pathlib.Path, redis: Redis) -> None:
    script, options = snapshot(tmp_path, redis)
    made: Made = dumped(tmp_path, script, **options)
    assert made.codes() == []
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "dump.rdb").write_bytes(made.plain)
    with running_redis(tmp_path / "other") as other:
        found = other.content()
    assert len(found) == 1004
    assert found == redis.content()


@pytest.mark.parametrize("size", [5, 100, 20_000])
def test_pitfall_a_snapshot_that_is_cut_is_refused(tmp_path: pathlib.Path, redis: Redis, size: int) -> None:
    script, options = snapshot(tmp_path, redis, f"head -c {size}")
    problem = problem_of(tmp_path, script, **options)
    assert problem.code == "engine.incomplete"
    assert "redis-check-rdb" in problem.what


def test_a_server_that_is_gone_is_told_before_the_dump(tmp_path: pathlib.Path) -> None:
    script, options = snapshot(tmp_path, Redis(tmp_path / "nowhere"))
    assert problem_of(tmp_path, script, **options).code == "engine.command.probe"

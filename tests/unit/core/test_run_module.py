# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``backup_run`` from its options to its result: looking, starting, following; and the command line."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import typing as t

import pytest
from tests.support.site import AT, NIGHT, make_database, make_site, make_tree, site_options, tree_hash, wait_until

from ansible_collections.nusantara.backup.plugins.module_utils._base import _locks
from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError
from ansible_collections.nusantara.backup.plugins.module_utils._base._owner import user_name
from ansible_collections.nusantara.backup.plugins.module_utils._edges._run_module import ARGUMENTS, problems, run
from ansible_collections.nusantara.backup.plugins.module_utils._record._history import Attempt
from ansible_collections.nusantara.backup.plugins.module_utils._record._journal import Journal
from ansible_collections.nusantara.backup.plugins.module_utils._run import _follow, _preflight
from ansible_collections.nusantara.backup.plugins.module_utils._run._follow import follow
from ansible_collections.nusantara.backup.plugins.module_utils._site._places import journal_path, run_lock
from ansible_collections.nusantara.backup.plugins.module_utils._site._site_args import site_of
from checkout import collections_path

COLLECTIONS = str(collections_path())
PACKAGE = "ansible_collections.nusantara.backup.plugins.module_utils"
MODULE = """
import json, sys
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError
from ansible_collections.nusantara.backup.plugins.module_utils._edges._run_module import run
try:
    print(json.dumps(run(json.loads(sys.argv[1]), False)))
except BackupError as problem:
    print(json.dumps({"error": problem.as_dict()}))
"""
LAUNCH = """
import os, sys
from ansible_collections.nusantara.backup.plugins.module_utils._run._background import launch
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError
def work(started):
    {body}
try:
    launch(work, sys.argv[1])
    print("launched", os.getpid())
except BackupError as problem:
    print(problem.code, problem.remedy)
"""
Options = dict[str, t.Any]


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": COLLECTIONS}
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)


def params(place: pathlib.Path, **changes: t.Any) -> Options:
    defaults = {name: option.get("default") for name, option in ARGUMENTS.items()}
    return {**defaults, **site_options(place), "at": AT, **changes}


def start(options: Options) -> Options:
    """Start a run as the module does, in a process of its own that ends at once."""
    done = python("-c", MODULE, json.dumps(options))
    assert done.returncode == 0, done.stderr
    found: Options = json.loads(done.stdout)
    return found


def followed(options: Options, started: Options) -> list[Options]:
    """All answers until the end, as the action plugin asks for them."""
    answers = [{"run": started["run"], "since": 0, "step": 0, "finished": False}]
    while not answers[-1]["finished"]:
        last = answers[-1]
        news = {"follow": last["run"], "since": last["since"], "step": last["step"], "wait": 20}
        answers.append(run({**options, **news}, False))
    return answers[1:]


@pytest.fixture
def place(tmp_path: pathlib.Path) -> pathlib.Path:
    make_database(tmp_path / "simpeg.db")
    return tmp_path


def test_check_mode_writes_nothing_and_shows_the_plan(place: pathlib.Path) -> None:
    before = tree_hash(place)
    found = run(params(place), True)
    assert tree_hash(place) == before
    assert (found["changed"], found["finished"], found["failed"]) == (True, True, False)
    assert found["plan"] == [
        {
            "source": "SIMPEG", "engine": "sqlite", "type": "F", "frequency": "daily", "night": NIGHT,
            "slot": "2026-11-21T00:00:00+07:00", "late": False, "group": "", "media": [],
        }
    ]  # fmt: skip
    assert {finding["code"] for finding in found["findings"]} == {"encryption.none", "media.none"}
    assert found["msg"] == "db1: would back up SIMPEG; no obstacle was found"


@pytest.mark.parametrize("fail", [True, False])
def test_check_mode_fails_on_an_obstacle(tmp_path: pathlib.Path, fail: bool) -> None:
    found = run(params(tmp_path, fail=fail), True)
    assert found["failed"] == fail
    assert "simpeg.db" in found["msg"]
    assert not (tmp_path / "state").exists()


def test_check_mode_tells_every_obstacle_and_what_to_do(tmp_path: pathlib.Path) -> None:
    disk = {"name": "internal", "kind": "disk", "path": str(tmp_path / "nas")}
    source = {"engine": "sqlite", "path": str(tmp_path / "none.db"), "media": ["internal"], "frequency": "daily"}
    (tmp_path / "nas").mkdir()
    found = run(params(tmp_path, media=[disk], sources=[{"name": name, **source} for name in ("A", "B")]), True)
    codes = [finding["code"] for finding in found["findings"] if finding["level"] == "error"]
    assert codes.count("medium.not_mounted") == 2, codes
    assert found["msg"].count("is not mounted") == 1, "the same obstacle of two sources is told once"
    assert "none.db cannot be read" in found["msg"] and "Mount it" in found["msg"]


@pytest.mark.parametrize("check", [True, False])
def test_another_users_state_is_refused_before_it_is_read(place: pathlib.Path, check: bool) -> None:
    (place / "state").mkdir()
    os.chown(place / "state", 65534, 65534)
    with pytest.raises(BackupError, match="become_user: nobody"):
        run(params(place), check)
    site = make_site(place)
    assert [finding.code for finding in _preflight.check_places(site)] == ["owner.mixed"], "the command line's check"


@pytest.mark.parametrize("exists", [False, True])
def test_a_store_that_cannot_be_written_is_an_obstacle(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, exists: bool
) -> None:
    site = make_site(tmp_path)
    if exists:
        os.mkdir(site.store)
    refused = site.store if exists else str(tmp_path)
    monkeypatch.setattr(os, "access", lambda path, mode: path != refused)
    found = [finding for finding in _preflight.check_places(site) if finding.subject == site.store]
    assert [finding.code for finding in found] == ["disk.permission"]
    assert ("be written" if exists else "be made") in found[0].message
    assert found[0].remedy.endswith(f"install -d -m 0700 -o {user_name(os.geteuid())} {site.store}")


@pytest.mark.parametrize("check", [True, False])
def test_a_host_without_sources_warns(tmp_path: pathlib.Path, check: bool) -> None:
    found = run(params(tmp_path, sources=[]), check)
    assert found["warnings"] == [
        "db1: no source is configured (backup_sources is empty), so nothing of this host is backed up"
    ]


def test_a_run_is_started_followed_and_not_repeated(place: pathlib.Path) -> None:
    options = params(place)
    started = start(options)
    assert (started["changed"], started["finished"], len(started["plan"])) == (True, False, 1)
    answers = followed(options, started)
    events = [event["event"] for answer in answers for event in answer["events"]]
    assert events == ["run.started", "source.started", "source.finished", "servers.seen", "run.finished"]
    end = answers[-1]
    assert (end["finished"], end["failed"], end["msg"]) == (True, False, "db1: 1 of 1 sources backed up")
    assert [(one["source"], one["outcome"]) for one in end["attempts"]] == [("SIMPEG", "success")]
    json.dumps(answers)
    again = start(options)
    assert (again["changed"], again["finished"], again["msg"]) == (
        False,
        True,
        "db1: everything that is due has succeeded",
    )
    assert run(options, True)["plan"] == []
    assert len(run({**options, "again": True}, True)["plan"]) == 1


def test_nothing_due_is_said(place: pathlib.Path) -> None:
    weekly = {**site_options(place)["sources"][0], "frequency": "weekly", "day": "monday"}
    found = start(params(place, sources=[weekly]))
    assert (found["changed"], found["msg"]) == (False, "db1: nothing is due")


@pytest.mark.parametrize("fail", [True, False])
def test_a_failed_source_is_told_at_the_end(tmp_path: pathlib.Path, fail: bool) -> None:
    options = params(tmp_path, fail=fail)
    end = followed(options, start(options))[-1]
    assert end["failed"] == fail
    assert end["msg"].startswith("db1: SIMPEG failed: ") and "simpeg.db" in end["msg"]


def test_starting_returns_while_the_run_goes_on_and_its_death_is_told(place: pathlib.Path) -> None:
    """A lock on the database is waited for, so the run hangs until it is killed."""
    with subprocess.Popen(
        ["sqlite3", "-batch", str(place / "simpeg.db")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as locker:
        assert locker.stdin is not None and locker.stdout is not None
        locker.stdin.write("BEGIN EXCLUSIVE;\nSELECT 'locked';\n")
        locker.stdin.flush()
        assert locker.stdout.readline() == "locked\n"
        options = params(place)
        started = start(options)
        lock = place / "state" / "locks" / f"run-{started['run']}.lock"
        first = run({**options, "follow": started["run"], "wait": 0}, False)
        assert (first["finished"], first["attempts"][0]["outcome"]) == (False, "running")
        assert first["msg"] == f"db1: run {started['run']} goes on"
        nothing_new = {"follow": started["run"], "since": 10**6, "step": 10**6, "wait": 0.3}
        assert run({**options, **nothing_new}, False)["events"] == []
        pid = int(lock.read_text(encoding="ascii").split()[1])
        assert os.getpgid(pid) != os.getpgid(0)
        os.kill(pid, signal.SIGKILL)
        end = followed(options, started)[-1]
        locker.stdin.close()
    assert (end["finished"], end["failed"]) == (True, True)
    assert "SIMPEG interrupted: The run was interrupted" in end["msg"]
    wait_until(lambda: not (place / "state" / "work" / started["run"]).exists())
    options["again"] = False
    assert followed(options, start(options))[-1]["msg"] == "db1: 1 of 1 sources backed up"


def test_an_unknown_run_is_told(place: pathlib.Path) -> None:
    with pytest.raises(BackupError) as caught:
        run(params(place, follow="nowhere\x1b"), False)
    assert caught.value.code == "run.unknown"
    assert str(caught.value).isprintable()


def test_an_error_before_the_start_is_told_by_the_start(place: pathlib.Path) -> None:
    options = params(place)
    (place / "state").mkdir()
    (place / "state" / "locks").write_text("in the way", encoding="ascii")
    found = start(options)
    assert found["error"]["code"].startswith("disk")
    assert str(place / "state" / "locks") in found["error"]["message"]


def test_owners_are_not_mixed(place: pathlib.Path) -> None:
    (place / "store").mkdir()
    os.chown(place / "store", 65534, 65534)
    found = start(params(place))
    assert found["error"]["code"] == "owner.mixed"
    assert not (place / "state").exists()


@pytest.mark.parametrize("night", ["yesterday", "2026-13-01", "\x1b[2J"])
def test_a_night_that_is_none_is_refused(place: pathlib.Path, night: str) -> None:
    with pytest.raises(BackupError) as caught:
        run(params(place, night=night), True)
    assert caught.value.code == "config.night"


def test_a_night_is_caught_up(place: pathlib.Path) -> None:
    (one,) = run(params(place, night="2026-11-18"), True)["plan"]
    assert (one["night"], one["late"]) == ("2026-11-18", True)


def test_options_of_a_module_become_a_site(place: pathlib.Path) -> None:
    site, clock = site_of(params(place, building=None))
    assert (site.building, f"{clock.now():%H:%M}") == ("", "17:00")


def test_problems_of_an_attempt_in_words() -> None:
    base: Options = {"run": "r", "source": "A", "type": "F", "frequency": "daily", "night": "", "slot": "", "mode": "m"}
    error = {"message": "it broke", "remedy": "Mend it"}
    lost = {"medium": "m", "error": error}
    good = Attempt(late=False, outcome="success", copies=[{"medium": "n", "error": None}], **base)
    assert problems(good) == []
    copied = Attempt(late=False, outcome="success", copies=[lost], **base)
    assert problems(copied) == ["A has no copy on m: it broke. Mend it"]
    running = Attempt(late=False, **base)
    assert problems(running) == ["A running: it did not end."]


def test_following_ends_with_the_patience(place: pathlib.Path) -> None:
    site = make_site(place)
    journal = Journal(journal_path(site), Clock())
    journal.append("run.started", {"run": "r", "mode": "scheduled", "jobs": []})
    seen = follow(site, "r", 1, 0, 5, Clock())
    assert (seen.finished, [entry.event for entry in seen.events]) == (True, ["run.interrupted"])


def test_what_comes_in_a_bunch_is_told_together(place: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer costs the host the start of a Python: the end of a short run is in the first one."""
    site = make_site(place)
    journal = Journal(journal_path(site), Clock())
    journal.append("run.started", {"run": "r", "mode": "scheduled", "jobs": []})
    coming = ["source.started", "source.finished", "copy.finished", "run.finished"]
    expected = list(coming)
    monkeypatch.setattr(_follow, "_QUIET", 1000)
    monkeypatch.setattr(_follow, "_LONGEST_BUNCH", 1000)
    about = {"run": "r", "source": "A", "frequency": "daily", "outcome": "success"}
    monkeypatch.setattr(_follow.time, "sleep", lambda _seconds: journal.append(coming.pop(0), about))
    with _locks.hold(run_lock(site, "r"), "This run"):
        seen = follow(site, "r", 1, 0, 100, Clock())
    assert (seen.finished, [entry.event for entry in seen.events]) == (True, expected)


def test_news_do_not_wait_for_the_end_of_a_long_step(place: pathlib.Path) -> None:
    site = make_site(place)
    journal = Journal(journal_path(site), Clock())
    journal.append("run.started", {"run": "r", "mode": "scheduled", "jobs": []})
    with _locks.hold(run_lock(site, "r"), "This run"):
        journal.append("source.started", {"run": "r", "source": "A", "frequency": "daily"})
        began = time.monotonic()
        seen = follow(site, "r", 1, 0, 100, Clock())
    assert not seen.finished and [entry.event for entry in seen.events] == ["source.started"]
    assert time.monotonic() - began < 50


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_run_in_the_background_hears_that_it_shall_stop(tmp_path: pathlib.Path, number: signal.Signals) -> None:
    """A host that shuts down sends SIGTERM; a run that dies of it leaves its journal open and its copies half."""
    heard = tmp_path / "heard"
    body = (
        "started()\n    try:\n"
        f"        os.kill(os.getpid(), {int(number)})\n        os.read(os.pipe()[0], 1)\n"
        f"    except BaseException as stopped:\n        open({str(heard)!r}, 'w').write(type(stopped).__name__)\n"
        "        raise"
    )
    done = python("-c", LAUNCH.format(body=body), str(tmp_path / "log"))
    assert done.stdout.startswith("launched"), done.stderr
    wait_until(lambda: heard.exists() and heard.read_text(encoding="ascii"))
    assert heard.read_text(encoding="ascii") == "StoppedError"


@pytest.mark.parametrize(
    ("body", "told", "logged"),
    [
        ("started()", "launched", ""),
        ("started(); raise ValueError('later')", "launched", "ValueError: later"),
        ("started(); raise BackupError('later', code='x.y')", "launched", "later"),
        ("raise BackupError('early', 'mend it', code='x.y')", "x.y mend it", ""),
        ("raise ValueError('early')", "run.start", "ValueError: early"),
        ("os._exit(3)", "run.start", ""),
        ("raise KeyboardInterrupt", "run.start", "KeyboardInterrupt"),
    ],
)
def test_the_background_tells_its_start_or_why_not(tmp_path: pathlib.Path, body: str, told: str, logged: str) -> None:
    log = tmp_path / "log"
    done = python("-c", LAUNCH.replace("{body}", body), str(log))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(told)
    if logged:
        wait_until(lambda: log.exists() and logged in log.read_text(encoding="utf-8"))
    else:
        assert not log.exists()


def cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    return python("-m", f"{PACKAGE}._edges._cli", *arguments)


def job_file(place: pathlib.Path, **changes: t.Any) -> str:
    path = place.parent / f"{place.name}-job.json"
    path.write_text(json.dumps(site_options(place, **changes)), encoding="utf-8")
    return str(path)


def test_the_command_line_runs_checks_and_shows_facts(place: pathlib.Path) -> None:
    make_tree(place / "situs")
    config = job_file(place)
    before = tree_hash(place)
    checked = cli("check", "--config", config, "--at", AT)
    assert (checked.returncode, tree_hash(place)) == (0, before)
    assert "warning: SIMPEG: SIMPEG is stored without encryption" in checked.stdout
    ran = cli("run", "--config", config, "--at", AT)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("SIMPEG: success 2026112024F1D-SIMPEG ")
    assert cli("run", "--config", config, "--at", AT).stdout == "nothing is due\n"
    assert cli("check", "--config", config, "--at", AT).stdout == "", "what has succeeded is no obstacle any more"
    assert "without encryption" in cli("check", "--config", config, "--at", AT, "--again").stdout
    once_more = cli("run", "--config", config, "--at", AT, "--mode", "incidental", "--only", "SIMPEG")
    assert "2026112024F1I-SIMPEG" in once_more.stdout
    shown = cli("facts", "--config", config, "--at", AT)
    assert [one["outcome"] for one in json.loads(shown.stdout)["runs"]] == ["success", "success"]


def test_the_command_line_tells_what_failed(tmp_path: pathlib.Path) -> None:
    config = job_file(tmp_path)
    assert cli("check", "--config", config, "--at", AT).returncode == 1
    done = cli("run", "--config", config, "--at", AT)
    assert done.returncode == 1
    assert "SIMPEG: failed" in done.stdout and "simpeg.db" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        ('{"sources": [{}], "style": 7}', 2, "nusantara-backup: style: must be text"),
        ('{"sources": [], "sorces": []}', 1, "'sorces'"),
        ('{"sources": [], "mode": "incidental", "at": "2026-11-21T00:00:00+07:00"}', 1, "'at', 'mode'"),
        ("[]", 1, "must hold a mapping"),
        ("{", 1, "is not JSON"),
        ("\xff", 1, "is not JSON"),
        (None, 1, "cannot be read: No such file"),
    ],
)
def test_the_command_line_refuses_a_bad_job_file(
    tmp_path: pathlib.Path, content: str | None, status: int, words: str
) -> None:
    path = tmp_path / "job.json"
    if content is not None:
        path.write_bytes(content.encode("latin-1"))
    done = cli("facts", "--config", str(path))
    assert (done.returncode, done.stdout) == (status, "")
    assert words in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [(), ("fly",), ("run",), ("run", "--config", "x", "--mode", "odd"), ("facts", "--config", "x", "--again")],
)
def test_the_command_line_refuses_a_bad_call(arguments: tuple[str, ...]) -> None:
    done = cli(*arguments)
    assert done.returncode == 2
    assert "usage: nusantara-backup" in done.stderr

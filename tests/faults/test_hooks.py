# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""K3: maintenance windows. Whatever becomes of a run, the application leaves its maintenance mode."""

from __future__ import annotations

import itertools
import json
import os
import pathlib
import signal
import sqlite3
import typing as t

import pytest
from tests.support.mounts import mounted
from tests.support.site import is_alive, wait_until

from .gate import Gate, leftovers
from .lab import Lab

# Kills the clean-up process of the run that started this, and then that run: what a power cut leaves.
BOTH = """
import os, signal
run = os.getppid()
for name in filter(str.isdigit, os.listdir("/proc")):
    try:
        parent = open(f"/proc/{name}/stat").read().rpartition(")")[2].split()[1]
        words = open(f"/proc/{name}/cmdline", "rb").read().split(b"\\0")
    except OSError:
        continue
    if int(parent) == run and words[1:4] == [b"-I", b"-S", b"-c"]:
        os.kill(int(name), signal.SIGKILL)
os.kill(run, signal.SIGKILL)
"""
STEPS = {"Kepegawaian: before-hook", "Pegawai: dump sqlite", "Situs: publish", "Kepegawaian: after-hook"}
POWER_CUT = ["run", "/usr/bin/python3", "-c", BOTH]


class Application:
    """An application with a maintenance mode: ``flag`` is there while it is in it, ``log`` tells who switched it."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.flag = lab.root / "maintenance"
        self.log = lab.root / "log"
        self.log.touch()
        self.wait = lab.root / "wait"
        self.program = self.script(
            "switch",
            f"""
echo "$NUSANTARA_HOOK $* $NUSANTARA_SOURCE/$NUSANTARA_GROUP/$NUSANTARA_NIGHT $NUSANTARA_OUTCOME" >> {self.log}
case $1 in on) : > {self.flag} ;; off) rm -f {self.flag} ;; esac
if [ -p {self.wait}.$1 ]; then read -r line < {self.wait}.$1; fi
exit ${{2:-0}}
""",
        )

    def script(self, name: str, text: str) -> str:
        path = self.lab.root / name
        path.write_text(f"#!/bin/sh\n{text}", encoding="ascii")
        path.chmod(0o755)
        return str(path)

    def hooks(self, before: str = "0", after: str = "0", **more: t.Any) -> dict[str, t.Any]:
        """Hooks that end with these statuses."""
        return {"before": {"run": [self.program, "on", before], **more}, "after": [self.program, "off", after]}

    def group(self, **options: t.Any) -> None:
        self.lab.config["groups"] = [{"name": "Kepegawaian", **(options or self.hooks())}]

    def lines(self) -> list[str]:
        return self.log.read_text(encoding="ascii").split("\n")[:-1]

    def runs(self, what: str) -> list[str]:
        return [line for line in self.lines() if line.startswith(what)]

    def hold(self, word: str) -> pathlib.Path:
        """From now on the hook waits until somebody opens this for writing and closes it."""
        path = pathlib.Path(f"{self.wait}.{word}")
        os.mkfifo(path)
        return path

    def at_peace(self) -> None:
        """It is not in maintenance mode, and nothing is left to be done."""
        assert not self.flag.exists(), self.lines()
        assert notes(self.lab) == []


@pytest.fixture
def application(lab: Lab) -> Application:
    """A database and a tree in one group."""
    lab.sqlite(group="Kepegawaian")
    lab.tree(group="Kepegawaian")
    made = Application(lab)
    made.group()
    return made


def notes(lab: Lab) -> list[str]:
    return sorted(path.name for path in (lab.state / "windows").glob("*"))


def events(lab: Lab) -> list[dict[str, t.Any]]:
    text = (lab.state / "journal.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def story(lab: Lab) -> list[str]:
    """The journal in short."""
    told = []
    for entry in events(lab):
        data = entry["data"]
        about = data.get("when", "") + data.get("name", "") if "hook" in entry["event"] else data.get("source", "")
        told.append(f"{entry['event']} {about}".strip())
    return told


def hooks_of(lab: Lab) -> list[dict[str, t.Any]]:
    """As the facts have them, newest first."""
    found: list[dict[str, t.Any]] = lab.facts()["hooks"]
    return found


def test_k3_database_and_tree_are_of_one_moment_and_copies_come_after(application: Application) -> None:
    lab = application.lab
    lab.options("Situs").update(before=[application.program, "own"], after=[application.program, "own"])
    lab.good(night=1)
    night = "2026-11-01"
    assert application.lines() == [
        f"before on 0 Pegawai Situs/Kepegawaian/{night} ",
        f"before own Situs/Kepegawaian/{night} ",
        f"after own Situs/Kepegawaian/{night} success",
        f"after off 0 Pegawai Situs/Kepegawaian/{night} success",
    ]
    application.at_peace()
    assert story(lab) == [
        "run.started",
        "hook.started beforeKepegawaian",
        "hook.finished beforeKepegawaian",
        "source.started Pegawai",
        "source.finished Pegawai",
        "source.started Situs",
        "hook.started beforeSitus",
        "hook.finished beforeSitus",
        "source.finished Situs",
        "hook.started afterSitus",
        "hook.finished afterSitus",
        "hook.started afterKepegawaian",
        "hook.finished afterKepegawaian",
        "copy.finished Pegawai",
        "copy.finished Situs",
        "servers.seen",
        "run.finished",
    ]
    manifests = [json.loads(path.read_text(encoding="utf-8")) for path in lab.store.glob("*/*/*.manifest.json")]
    one, other = (manifest["group"] for manifest in manifests)
    assert one == other and manifests[0]["run"] == manifests[1]["run"]
    assert one == {"name": "Kepegawaian", "began": one["began"], "before": "success", "sources": ["Pegawai", "Situs"]}
    facts = lab.facts()
    assert [found["group"] for found in facts["sets"]] == [one, one]
    assert {found["group"] for found in facts["runs"]} == {"Kepegawaian"}
    assert [(found["name"], found["when"], found["outcome"], found["by"]) for found in facts["hooks"]] == [
        ("Kepegawaian", "after", "success", "run"),
        ("Situs", "after", "success", "run"),
        ("Situs", "before", "success", "run"),
        ("Kepegawaian", "before", "success", "run"),
    ]


def test_no_hook_runs_where_nothing_is_dumped(application: Application) -> None:
    lab = application.lab
    lab.good(night=1)
    once = application.lines()
    assert "nothing is due" in lab.good(night=1).said
    marker = next(lab.medium.glob(".nusantara*"))
    marker.rename(lab.root / "marker")
    assert lab.run(night=2).status == 1
    twice = application.lines()
    assert len(twice) == 2 * len(once)
    (lab.root / "marker").rename(marker)
    done = lab.good(night=2)
    assert "success" in done.said and application.lines() == twice, "only copies were left"


def test_a_source_of_its_own_has_hooks_and_its_copy_comes_after(lab: Lab) -> None:
    lab.sqlite()
    application = Application(lab)
    lab.options("Pegawai").update(application.hooks())
    lab.good(night=1)
    assert application.lines() == ["before on 0 Pegawai//2026-11-01 ", "after off 0 Pegawai//2026-11-01 success"]
    assert story(lab).index("hook.finished afterPegawai") < story(lab).index("copy.finished Pegawai")
    (manifest,) = lab.store.glob("*/*/*.manifest.json")
    assert "group" not in json.loads(manifest.read_text(encoding="utf-8"))


def test_before_hook_that_fails_leaves_the_dumps_out_and_is_undone(application: Application) -> None:
    lab = application.lab
    application.group(**application.hooks(before="3"))
    gate = Gate(lab)
    done = lab.run(night=1)
    for name in ("Pegawai", "Situs"):
        attempt = gate.stopped(done, name, "before-hook of the group Kepegawaian ended with status 3", "not dumped")
        assert attempt["error"]["code"] == "hook.before"
    assert application.runs("after") == ["after off 0 Pegawai Situs/Kepegawaian/2026-11-01 failed"]
    application.at_peace()
    application.group()
    gate.healed(night=1)


def test_before_hook_that_fails_is_a_warning_where_that_was_asked_for(application: Application) -> None:
    lab = application.lab
    application.group(**application.hooks(before="3", on_failure="continue"))
    lab.good(night=1)
    for attempt in (lab.attempts("Pegawai")[0], lab.attempts("Situs")[0]):
        assert attempt["outcome"] == "success"
        assert "hook.continued" in [finding["code"] for finding in attempt["findings"]]
    assert {found["group"]["before"] for found in lab.facts()["sets"]} == {"failed"}
    application.at_peace()


def test_after_hook_that_fails_is_loud_and_the_dumps_count(application: Application) -> None:
    lab = application.lab
    program = application.script("broken", "echo half undone; echo the lock is stale >&2; exit 7")
    application.group(before=[application.program, "on"], after=[program])
    done = lab.run(night=1)
    assert done.status == 1
    said = "The after-hook of the group Kepegawaian ended with status 7: the lock is stale"
    assert said in done.said and "maintenance mode" in done.said
    assert len(lab.sets()) == 4, "both were dumped and copied"
    newest = hooks_of(lab)[0]
    assert (newest["outcome"], newest["status"], newest["error"]["code"]) == ("failed", 7, "hook.after")
    assert newest["said"] == "half undone\nthe lock is stale"
    assert events(lab)[-1]["data"]["outcome"] == "failed"
    assert notes(lab) == []
    assert "nothing is due" in lab.good(night=1).said
    application.group()
    lab.good(night=2)
    assert hooks_of(lab)[0]["outcome"] == "success"


def test_a_dump_that_fails_ends_the_maintenance_mode(application: Application) -> None:
    lab = application.lab
    (lab.origin / "Pegawai.db").write_bytes(b"")
    done = lab.run(night=1)
    assert done.status == 1
    assert application.runs("after") == ["after off 0 Pegawai Situs/Kepegawaian/2026-11-01 failed"]
    assert lab.attempts("Situs")[0]["outcome"] == "success" and lab.attempts("Situs")[0]["copies"]
    application.at_peace()
    (lab.origin / "Pegawai.db").unlink()
    with sqlite3.connect(lab.origin / "Pegawai.db") as connection:
        connection.execute("CREATE TABLE pegawai (nama TEXT)")
    lab.good(night=1)
    again = lab.attempts("Pegawai")[0]
    assert [finding["code"] for finding in again["findings"]].count("group.apart") == 1
    assert application.runs("after")[1:] == ["after off 0 Pegawai/Kepegawaian/2026-11-01 success"]


class Ended:
    """One run that was stopped or killed at an event, judged; and the next run."""

    def __init__(self, application: Application, when: t.Mapping[str, t.Any], how: str, night: int) -> None:
        self.application, self.lab, self.night = application, application.lab, night
        self._gate = Gate(self.lab)
        self._befores, self._afters = len(application.runs("before")), len(application.runs("after"))
        self.done = self.lab.run("--again", night=night, fault={"when": when, "do": [how]})
        self.fired = self.done.fired
        if self.fired:
            self._gate.clean(self.done)
            assert not application.flag.exists(), self.fired
            befores, afters = self._ran()
            # Killed between the hook's end and its note's, it is run once more: at least once is what is promised.
            assert befores <= afters <= 1 + self.fired.endswith("hook.finished"), self.fired

    def stopped(self) -> Ended:
        assert self.done.status == 1 and "told to stop (SIGTERM)" in self.done.said
        assert not leftovers(self.lab), leftovers(self.lab)
        self.application.at_peace()
        return self

    def killed(self) -> Ended:
        """The warden ended the maintenance mode; the next run journals that, once, and runs nothing twice."""
        assert self.done.status == -9
        _befores, afters = self._ran()
        by_warden = notes(self.lab) != []
        runs = self.lab.facts()["runs"]
        run = runs[0]["run"] if runs else ""
        self._gate.healed(night=self.night)
        self.application.at_peace()
        assert self._ran()[1] == afters + 1, self.fired
        told = [found["by"] for found in hooks_of(self.lab) if found["run"] == run and found["when"] == "after"]
        assert told[:1] == (["warden"] if by_warden else ["run"] if afters else []), self.fired
        return self

    def _ran(self) -> tuple[int, int]:
        befores, afters = self.application.runs("before"), self.application.runs("after")
        return len(befores) - self._befores, len(afters) - self._afters


@pytest.mark.parametrize("step", ["lock", "before-hook", "dump sqlite", "publish", "after-hook", "copy"])
def test_sigterm_and_sigkill_end_the_maintenance_mode(application: Application, step: str) -> None:
    Ended(application, {"named": step}, "term", 1).stopped()
    Ended(application, {"named": step}, "kill", 2).killed()


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_sigterm_before_every_step_ends_the_maintenance_mode(application: Application) -> None:
    steps = []
    for number in itertools.count(1):
        ended = Ended(application, {"step": number}, "term", 2)
        if not ended.fired:
            break
        steps.append(ended.stopped().fired)
    assert set(steps) >= STEPS
    assert "interrupted" in application.log.read_text(encoding="ascii")
    Gate(application.lab).healed(night=2)


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_sigkill_before_every_step_ends_the_maintenance_mode(application: Application) -> None:
    steps = []
    for number in itertools.count(1):
        ended = Ended(application, {"step": number}, "kill", 1 + number % 25)
        if not ended.fired:
            break
        steps.append(ended.killed().fired)
    assert set(steps) >= STEPS


@pytest.mark.long
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("part", ["before", "half", "after"])
def test_sigkill_at_every_line_of_the_journal_ends_the_maintenance_mode(application: Application, part: str) -> None:
    seen = []
    for number in itertools.count(1):
        ended = Ended(application, {"append": number, "part": part}, "kill", number)
        if not ended.fired:
            break
        seen.append(ended.killed().fired)
    assert seen.count("journal: hook.finished") == 2 and seen.count("journal: hook.started") == 2


@pytest.mark.parametrize("step", ["before-hook", "dump sqlite", "publish", "after-hook"])
def test_power_cut_the_next_run_ends_the_maintenance_mode_first(application: Application, step: str) -> None:
    lab = application.lab
    lab.good(night=1)
    first = application.lines()
    gate = Gate(lab)
    done = lab.run(night=2, fault={"when": {"named": step}, "do": POWER_CUT})
    assert done.fired and done.status == -9
    gate.untouched()
    assert application.flag.exists() == (step != "before-hook")
    assert notes(lab) == ["group-kepegawaian.json"]
    assert hooks_of(lab)[0]["outcome"] == "pending"
    looked = lab.run(night=2, command="check")
    assert "after-hook of the group Kepegawaian has not run" in looked.said
    assert notes(lab) == ["group-kepegawaian.json"], "only looked at"
    length = len(application.lines())
    gate.healed(night=2)
    last = application.lines()[length:]
    assert [line.split()[0] for line in last] == ["after", "before", "after"]
    assert last[0].endswith("interrupted") and first
    application.at_peace()
    newest = [found for found in hooks_of(lab) if found["by"] == "recovery"]
    assert len(newest) == 1 and newest[0]["outcome"] == "success" and newest[0]["in_run"]
    text = story(lab)
    assert text.index("run.interrupted") > text.index("hook.finished afterKepegawaian")


def test_power_cut_is_healed_though_nothing_is_due(application: Application) -> None:
    """All dumps stand and nothing is to be copied: the run that has nothing to do ends the maintenance mode."""
    lab = application.lab
    for name in ("Pegawai", "Situs"):
        lab.options(name).update(media=[])
    done = lab.run(night=2, fault={"when": {"named": "after-hook"}, "do": POWER_CUT})
    assert done.status == -9 and application.flag.exists()
    assert "nothing is due" in lab.good(night=2).said
    application.at_peace()
    application.group(before=[application.program, "on"], after=[application.program, "off", "5"])
    done = lab.run(night=3, fault={"when": {"named": "after-hook"}, "do": POWER_CUT})
    again = lab.run(night=3)
    assert again.status == 1 and "ended with status 5" in again.said
    assert notes(lab) == []


def test_a_run_whose_warden_is_killed_ends_the_maintenance_mode(application: Application) -> None:
    lab = application.lab
    gate = Gate(lab)
    done = lab.run(night=1, fault={"when": {"named": "dump sqlite"}, "do": ["child", "python3"]})
    gate.stopped(done, "Pegawai", "clean-up process of this run was killed")
    assert len(application.runs("after")) == 1
    application.at_peace()
    gate.healed(night=1)


def test_sigterm_waits_for_an_after_hook_and_not_for_a_before_hook(application: Application) -> None:
    lab = application.lab
    pipe = application.hold("off")
    started = lab.start(night=1)
    wait_until(lambda: application.runs("after"))
    started.send(signal.SIGTERM)
    with open(pipe, "wb"):
        pipe.unlink()
    done = started.wait()
    assert done.status == 1 and "told to stop" in done.said and not done.left
    assert hooks_of(lab)[0]["outcome"] == "success"
    application.at_peace()
    pipe = application.hold("on")
    started = lab.start(night=2)
    wait_until(lambda: len(application.runs("before")) == 2)
    started.send(signal.SIGTERM)
    done = started.wait()
    assert done.status == 1 and not done.left
    assert application.lines()[-1].endswith("interrupted")
    application.at_peace()
    pipe.unlink()
    Gate(lab).healed(night=2)


def test_sigkill_in_the_middle_of_an_after_hook_runs_it_again(application: Application) -> None:
    lab = application.lab
    pipe = application.hold("off")
    started = lab.start(night=1)
    wait_until(lambda: application.runs("after"))
    pipe.unlink()
    started.send(signal.SIGKILL)
    done = started.wait()
    assert done.status == -9 and not done.left
    assert len(application.runs("after")) == 2
    assert not application.flag.exists()
    Gate(lab).healed(night=1)
    application.at_peace()


def test_a_journal_that_cannot_be_written_keeps_no_application_in_maintenance_mode(application: Application) -> None:
    lab = application.lab
    fired = []
    for number in itertools.count(1):
        gate = Gate(lab)
        done = lab.run("--again", night=1, fault={"when": {"append": number, "part": "half"}, "do": ["full"]})
        if not done.fired:
            break
        fired.append(done.fired.removeprefix("journal: "))
        # An after-hook whose start could not be told is told by its end.
        assert done.status == (0 if fired.count("hook.started") == 2 and fired[-1] == "hook.started" else 1), done
        gate.clean(done)
        assert not application.flag.exists(), done.fired
    assert fired.count("hook.started") == 2
    gate.healed(night=1)
    application.at_peace()


def test_an_after_hook_that_could_not_be_journalled_is_journalled_by_the_next_run(application: Application) -> None:
    lab = application.lab
    lab.good(night=1)
    journal, aside = lab.state / "journal.jsonl", lab.root / "aside"
    take_away = ["run", "sh", "-c", 'mv "$0" "$1" && mkdir "$0"', str(journal), str(aside)]
    done = lab.run(night=2, fault={"when": {"named": "dump tar"}, "do": take_away})
    assert done.status == 1 and "journal" in done.said
    assert not application.flag.exists()
    count = len(application.runs("after"))
    assert notes(lab) == ["group-kepegawaian.json", "group-kepegawaian.json.result"]
    journal.rmdir()
    aside.rename(journal)
    Gate(lab).healed(night=2)
    assert len(application.runs("after")) == count + 1, "it is not run again"
    application.at_peace()
    assert "hook.finished afterKepegawaian" in story(lab)[story(lab).index("run.interrupted") - 1]


@pytest.mark.parametrize(("place", "step"), [("store", "dump sqlite"), ("state", "before-hook"), ("state", "publish")])
def test_a_disk_that_fills_up_in_a_window_ends_the_maintenance_mode(lab: Lab, place: str, step: str) -> None:
    """Where the state is full not even the journal can be written; the hook runs all the same."""
    full = {"store": lab.disk, "state": lab.state.parent}[place]
    with mounted(full, "size=12m"):
        lab.sqlite(group="Kepegawaian")
        application = Application(lab)
        application.group()
        lab.good(night=1)
        gate = Gate(lab)
        fill = ["sh", "-c", 'cat /dev/zero > "$1/filler" 2> /dev/null || true', "fill", str(full)]
        done = lab.run(night=2, fault={"when": {"named": step}, "do": ["run", *fill]})
        assert done.status == 1 and str(full) in done.said, done
        gate.clean(done)
        assert not application.flag.exists() and len(application.runs("after")) == 2
        (full / "filler").unlink()
        gate.healed(night=2)
        application.at_peace()


def test_a_full_disk_opens_no_window(application: Application) -> None:
    """Where the note cannot be written nothing begins that somebody would have to undo."""
    lab = application.lab
    (lab.state).mkdir()
    (lab.state / "windows").write_text("in the way", encoding="ascii")
    gate = Gate(lab)
    done = lab.run(night=1)
    gate.stopped(done, "Pegawai", "Cannot note the window")
    assert application.lines() == []
    (lab.state / "windows").unlink()
    gate.healed(night=1)


def test_two_runs_do_not_share_a_window(application: Application) -> None:
    lab = application.lab
    pipe = lab.pipe()
    fault = {"when": {"named": "dump sqlite"}, "do": ["stay", str(pipe)]}
    started = lab.start("--only", "Pegawai", night=1, fault=fault)
    with open(pipe, "wb"):
        other = lab.run("--only", "Situs", night=1)
        assert other.status == 1 and "window of the group Kepegawaian is open in another run" in other.said
        assert application.flag.exists()
    assert started.wait().status == 0
    application.at_peace()
    assert len(application.lines()) == 2
    lab.good(night=1)


@pytest.mark.parametrize("which", ["before", "after"])
def test_a_program_that_others_could_change_starts_nothing(application: Application, which: str) -> None:
    lab = application.lab
    path = pathlib.Path(application.script("open", "exit 0"))
    group = {**application.hooks(), which: [str(path)]}
    lab.config["groups"] = [{"name": "Kepegawaian", **group}]
    gate = Gate(lab)
    for mode, words in ((0o757, "could change"), (0o644, "may not be run"), (None, "does not exist")):
        if mode is None:
            path.unlink()
        else:
            path.chmod(mode)
        looked = lab.run(night=1, command="check")
        assert looked.status == 1 and f"error: Kepegawaian: The {which}-hook" in looked.said, looked.said
        gate.stopped(lab.run(night=1), "Pegawai", f"The {which}-hook of the group Kepegawaian cannot be run", words)
        assert application.lines() == []
    application.group()
    gate.healed(night=1)


def test_check_shows_the_hooks_and_runs_none(application: Application) -> None:
    lab = application.lab
    lab.options("Situs").update(path=str(lab.root / "snapshot"), before=["true", "a b"])
    done = lab.run(night=1, command="check")
    assert done.status == 0, done.said
    assert "before Situs (source Situs): true 'a b', at most 10 min" in done.said
    assert f"after Pegawai, Situs (group Kepegawaian): {application.program} off 0, at most 10 min" in done.said
    assert f"warning: {lab.root}/snapshot: " in done.said, "its before-hook may make the snapshot"
    assert application.lines() == [] and not lab.state.exists()


def test_what_a_before_hook_makes_is_dumped(lab: Lab) -> None:
    lab.tree()
    snapshot = lab.root / "snapshot"
    application = Application(lab)
    make = application.script("make", f"cp -r {lab.origin}/Situs {snapshot}")
    lab.options("Situs").update(path=str(snapshot), before=[make], after=["rm", "-r", str(snapshot)])
    lab.good(night=1)
    assert not snapshot.exists() and len(lab.sets()) == 2


def test_what_a_hook_leaves_is_ended_but_not_a_daemon(application: Application) -> None:
    lab = application.lab
    left, daemon = lab.root / "left", lab.root / "daemon"
    text = f"""
sleep 300 & echo $! > {left}
setsid sh -c 'echo $$ > {daemon}; exec sleep 300' > /dev/null 2>&1 < /dev/null &
while [ ! -s {daemon} ]; do :; done
"""
    application.group(before=[application.script("leave", text)])
    started = lab.start(night=1)
    wait_until(lambda: len(lab.sets()) == 4, 60)
    alive = int(daemon.read_text(encoding="ascii"))
    assert is_alive(alive), "a daemon has a session of its own"
    os.kill(alive, signal.SIGKILL)
    done = started.wait()
    assert done.status == 0 and not done.left
    assert not is_alive(int(left.read_text(encoding="ascii")))
    newest = hooks_of(lab)[0]
    assert newest["outcome"] == "success" and newest["seconds"] < 4

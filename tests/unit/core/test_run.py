# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs of a small site in this process: facts, manifest, names, recovery."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import typing as t

import jsonschema
import pytest
import yaml
from tests.support.mounts import mark
from tests.support.sets import allowed_signers
from tests.support.site import AT, NIGHT, AgeKey, age_key, make_database, make_site, make_tree, site_options, tree_hash

from ansible_collections.nusantara.backup.plugins.module_utils._base import _locks
from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock, parse_at
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import (
    BackupError,
    EngineError,
    ManifestError,
    ToolError,
)
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Site
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Child, Children, Command
from ansible_collections.nusantara.backup.plugins.module_utils._base._version import VERSION
from ansible_collections.nusantara.backup.plugins.module_utils._copies import _transfer
from ansible_collections.nusantara.backup.plugins.module_utils._engines._base import Context
from ansible_collections.nusantara.backup.plugins.module_utils._engines._files import FilesEngine
from ansible_collections.nusantara.backup.plugins.module_utils._engines._sqlite import SqliteSession
from ansible_collections.nusantara.backup.plugins.module_utils._media import _registry
from ansible_collections.nusantara.backup.plugins.module_utils._naming import parse
from ansible_collections.nusantara.backup.plugins.module_utils._record._facts import facts
from ansible_collections.nusantara.backup.plugins.module_utils._record._history import Attempt
from ansible_collections.nusantara.backup.plugins.module_utils._record._journal import Journal
from ansible_collections.nusantara.backup.plugins.module_utils._run import _dump, _preflight, _runner, _work
from ansible_collections.nusantara.backup.plugins.module_utils._run._check import check
from ansible_collections.nusantara.backup.plugins.module_utils._run._recover import recover
from ansible_collections.nusantara.backup.plugins.module_utils._run._runner import Runner
from ansible_collections.nusantara.backup.plugins.module_utils._sets import _store
from ansible_collections.nusantara.backup.plugins.module_utils._sets._signing import check as check_signature
from ansible_collections.nusantara.backup.plugins.module_utils._sets._signing import ensure_key, public_key, sign
from ansible_collections.nusantara.backup.plugins.module_utils._sets._verify import verify_store
from ansible_collections.nusantara.backup.plugins.module_utils._site._config import parse_site
from ansible_collections.nusantara.backup.plugins.module_utils._site._places import journal_path, run_lock, work_root
from ansible_collections.nusantara.backup.plugins.module_utils._site._plan import plan_jobs
from checkout import ROOT

NAME = "2026112024F1D-SIMPEG"


def run(site: Site, at: str = AT, **asked: t.Any) -> list[Attempt]:
    clock = Clock(parse_at(at))
    runner = Runner(site, clock)
    again = asked.pop("again", False)
    return runner.run(runner.pending(plan_jobs(site, clock.now(), **asked), again=again))


@pytest.fixture
def place(tmp_path: pathlib.Path) -> pathlib.Path:
    make_database(tmp_path / "simpeg.db")
    return tmp_path


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> AgeKey:
    return age_key(tmp_path_factory.mktemp("key"))


def full_site(place: pathlib.Path, key: AgeKey, **changes: t.Any) -> Site:
    """Both engines, a medium, a source that fails."""
    make_tree(place / "situs")
    mark(place / "nas", "internal")
    sources = [
        {"name": "SIMPEG", "engine": "sqlite", "path": str(place / "simpeg.db"), "media": ["internal"]},
        {"name": "Situs", "engine": "files", "path": str(place / "situs")},
        {"name": "Rusak", "engine": "sqlite", "path": str(place / "nowhere.db")},
    ]
    media = [{"name": "internal", "kind": "disk", "path": str(place / "nas"), "building": "B"}]
    return make_site(
        place, **{"encryption": "age", "recipients": [key.recipient], "sources": sources, "media": media, **changes}
    )


def manifest_of(place: pathlib.Path, source: str = "SIMPEG", root: str = "store") -> dict[str, t.Any]:
    (path,) = (place / root / source).glob("*/*.manifest.json")
    found: dict[str, t.Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def drift(example: t.Any, real: t.Any, path: str = "") -> list[str]:
    """Where the keys of the page's example and of real facts differ."""
    if isinstance(example, dict) and isinstance(real, dict):
        found = [f"{path}.{key} is on the page only" for key in example.keys() - real.keys()]
        found += [f"{path}.{key} is not on the page" for key in real.keys() - example.keys()]
        for key in example.keys() & real.keys():
            found += drift(example[key], real[key], f"{path}.{key}")
        return found
    if isinstance(example, list) and isinstance(real, list):
        return [line for item in real for line in drift(example[0], item, f"{path}[]")] if example else []
    kinds = (int, float) if isinstance(example, (int, float)) and not isinstance(example, bool) else type(example)
    wrong = example is not None and real is not None and not isinstance(real, kinds)
    return [f"{path} is {type(real).__name__} and not {type(example).__name__}"] if wrong else []


def test_the_facts_are_as_their_page_says(place: pathlib.Path, key: AgeKey) -> None:
    site = full_site(place, key)
    attempts = run(site)
    assert [(attempt.source, attempt.outcome) for attempt in attempts] == [
        ("SIMPEG", "success"), ("Situs", "success"), ("Rusak", "failed"),
    ]  # fmt: skip
    real = json.loads(json.dumps(facts(site, Clock(parse_at(AT)), 62)))
    (text,) = re.findall(
        r"^```yaml\n(.*?)^```", (ROOT / "docs" / "facts.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    example = yaml.safe_load(text)
    error = {"code": "", "message": "", "remedy": "", "detail": ""}
    finding = {"code": "", "level": "", "subject": "", "message": "", "remedy": "", "params": {}}
    example["runs"][0].update(error=error, findings=[finding])
    example["runs"][0]["copies"][0]["error"] = error
    example["sets"][0].update(warnings=[finding])
    for item in [*real["runs"], *real["sets"]]:
        for one in (*item.get("findings", []), *item.get("warnings", [])):
            one["params"] = {}
    totals = {"rows": 0}
    example["sets"][0]["inventory"]["totals"] = totals
    for item in real["sets"]:
        item["inventory"]["totals"] = totals
    assert sorted(set(drift(example, real))) == []
    assert {run["error"] is None for run in real["runs"]} == {True, False}
    assert real["sets"] and real["runs"][-1]["copies"] and real["media"] and real["sources"]
    assert not re.search(r"AGE-SECRET|BEGIN OPENSSH", json.dumps(real))


def test_facts_of_a_host_that_never_ran(place: pathlib.Path) -> None:
    site = make_site(place)
    before = tree_hash(place)
    found = facts(site, Clock(parse_at(AT)), 62)
    assert tree_hash(place) == before
    assert (found["runs"], found["sets"], found["verified"]) == ([], [], None)
    assert found["store"]["reachable"] is False and found["store"]["free_bytes"] > 0
    assert found["journal"]["intact"]


@pytest.mark.parametrize(("nights", "count"), [(0, 0), (1, 1), (62, 1)])
def test_facts_hold_the_nights_that_were_asked_for(place: pathlib.Path, nights: int, count: int) -> None:
    site = make_site(place)
    run(site)
    assert (
        len(facts(site, Clock(parse_at(AT) + dt.timedelta(days=1) if nights == 0 else parse_at(AT)), nights)["runs"])
        == count
    )


@pytest.mark.parametrize("nights", [-1, 10**9])
def test_an_odd_number_of_nights_is_refused(place: pathlib.Path, nights: int) -> None:
    with pytest.raises(BackupError) as caught:
        facts(make_site(place), Clock(), nights)
    assert caught.value.code == "config.nights"


SCHEMA = json.loads((ROOT / "docs" / "manifest.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("inventory", ["objects", "rows", "digests"])
@pytest.mark.parametrize(("compression", "proof"), [("zstd", "open"), ("gzip", "stored"), ("none", "open")])
@pytest.mark.parametrize("encryption", ["age", "none"])
def test_manifests_fit_their_schema(
    place: pathlib.Path, key: AgeKey, inventory: str, compression: str, proof: str, encryption: str
) -> None:
    settings = {"inventory": inventory, "compression": compression, "proof": proof, "encryption": encryption}
    site = full_site(place, key, **settings, style="dashed" if proof == "open" else "compact")
    run(site, only=["SIMPEG", "Situs"])
    for source in ("SIMPEG", "Situs"):
        document = manifest_of(place, source)
        jsonschema.validate(document, SCHEMA)
        assert document["protection"]["proof"] == proof
        assert document["collection"] == VERSION
        parse(document["name"])
    assert manifest_of(place, root="nas") == manifest_of(place)


def test_the_schema_refuses_a_planted_change(place: pathlib.Path) -> None:
    run(make_site(place))
    document = manifest_of(place)
    jsonschema.validate(document, SCHEMA)
    for broken in ({**document, "more": 1}, {**document, "files": []}, {**document, "night": "tonight"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, SCHEMA)


def test_versions_agree() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    assert galaxy["version"] == VERSION


def test_the_artifact_opens_by_the_manifests_lines(place: pathlib.Path, key: AgeKey) -> None:
    site = full_site(place, key)
    run(site, only=["SIMPEG", "Situs"])
    for source in ("SIMPEG", "Situs"):
        document = manifest_of(place, source)
        ((file, lines),) = document["recipe"]["files"].items()
        target = place / f"out-{source}"
        target.mkdir()
        names = {
            "FILE": str(place / "store" / source / document["name"] / file),
            "KEY": key.identity,
            "PLAIN": str(place / f"plain-{source}"),
            "TARGET": str(target),
            "PATH": "/usr/bin:/bin",
        }
        done = subprocess.run(
            ["sh", "-ec", f"{lines['open']}\n{lines['use']}"], env=names, capture_output=True, check=True, text=True
        )
        assert done.stderr == ""
        if source == "SIMPEG":
            assert done.stdout.strip() == "ok"
        else:
            assert (target / "tautan").read_text(encoding="ascii") == "<h1>Situs</h1>\n"


def test_pitfall_all_is_flushed_before_the_name_and_the_name_too(
    place: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut after the journal's line must not take the set away; and nobody else may look into it."""
    store = place / "store"
    events: list[str] = []
    real_sync, real_rename = os.fsync, os.rename

    def sync(descriptor: int) -> None:
        events.append(os.path.relpath(os.readlink(f"/proc/self/fd/{descriptor}"), store))
        real_sync(descriptor)

    def rename(*arguments: t.Any, **named: t.Any) -> None:
        events.append(os.path.relpath(arguments[1], store))
        real_rename(*arguments, **named)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "rename", rename)
    assert run(make_site(place))[0].outcome == "success"
    part, final = f"SIMPEG/{NAME}.part", f"SIMPEG/{NAME}"
    files = [f"{NAME}.sqlite.zst", f"{NAME}.manifest.json", f"{NAME}.manifest.json.sig"]
    inside = [event for event in events if event.startswith("SIMPEG")]
    assert inside == ["SIMPEG", *(f"{part}/{file}" for file in files), part, final, "SIMPEG"]
    journalled = [number for number, event in enumerate(events) if event.endswith("journal.jsonl")]
    assert max(journalled) > events.index(final), "the set is journalled after it has its name"
    modes = {path.stat().st_mode & 0o777 for path in [store, *store.rglob("*")] if path.is_dir()}
    assert modes == {0o700}
    assert {path.stat().st_mode & 0o777 for path in store.rglob("*") if path.is_file()} == {0o600}


def test_the_time_limit_of_a_source_is_minutes(place: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[float] = []
    real = _dump.write_artifact

    def write_artifact(*arguments: t.Any, **named: t.Any) -> t.Any:
        limits.append(named["limit_seconds"])
        return real(*arguments, **named)

    monkeypatch.setattr(_dump, "write_artifact", write_artifact)
    source = {"name": "SIMPEG", "engine": "sqlite", "path": str(place / "simpeg.db"), "time_limit": 7}
    assert run(make_site(place, sources=[source]))[0].outcome == "success"
    assert limits == [7 * 60]


@pytest.mark.parametrize(
    ("mode", "name"),
    [("scheduled", "20261120-24-F-1-A-D-SIMPEG"), ("incidental", "20261120-24-F-1-M-I-SIMPEG")],
)
def test_p13_3_a_dashed_site_is_dashed_everywhere(place: pathlib.Path, key: AgeKey, mode: str, name: str) -> None:
    site = full_site(place, key, style="dashed", process_letter=True)
    (attempt,) = run(site, only=["SIMPEG"], mode=mode)
    assert attempt.name == name
    for root in ("store", "nas"):
        (path,) = (place / root / "SIMPEG").glob("*/*.manifest.json")
        assert path.name == f"{name}.manifest.json" and path.parent.name == name
        document = json.loads(path.read_text(encoding="utf-8"))
        assert (document["name"], document["style"]) == (name, "dashed")
        assert verify_store(str(place / root), Clock()).problems == ()
    found = facts(site, Clock(parse_at(AT)), 62)
    assert [entry["name"] for entry in found["sets"]] == [name] and found["unknown"] == []


def test_pitfall_the_same_hour_twice_gets_a_run_suffix(place: pathlib.Path) -> None:
    site = make_site(place)
    assert [attempt.name for attempt in run(site)] == [NAME]
    assert run(site) == []
    assert [attempt.name for attempt in run(site, again=True)] == [NAME + ".r2"]
    os.rename(place / "store" / "SIMPEG" / NAME, place / "gone")
    assert [attempt.name for attempt in run(site, again=True)] == [NAME + ".r3"], "a name was given twice"


def test_a_name_that_a_medium_holds_is_not_given_again(place: pathlib.Path, key: AgeKey) -> None:
    site = full_site(place, key)
    run(site, only=["SIMPEG"])
    for path in ("store", "state"):
        os.rename(place / path, place / f"lost-{path}")
    (attempt,) = run(site, only=["SIMPEG"])
    assert attempt.name == NAME + ".r2"


def test_a_nas_that_hangs_costs_the_host_neither_its_set_nor_its_facts(
    place: pathlib.Path, key: AgeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mount whose server is gone holds whoever asks it for anything, for ever."""
    site = full_site(place, key)
    answers = threading.Event()
    lexists, isdir = os.path.lexists, os.path.isdir

    def hanging(ask: t.Callable[[t.Any], bool]) -> t.Callable[[t.Any], bool]:
        def asked(path: t.Any) -> bool:
            if isinstance(path, str) and path.startswith(str(place / "nas")):
                answers.wait()
            return ask(path)

        return asked

    monkeypatch.setattr(_registry, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(os.path, "lexists", hanging(lexists))
    monkeypatch.setattr(os.path, "isdir", hanging(isdir))
    try:
        clock = Clock(parse_at(AT))
        (found,) = [
            one
            for one in check(site, plan_jobs(site, clock.now()), clock, str(place / "work"))
            if one.subject == "internal"
        ]
        (medium,) = facts(site, clock, 9)["media"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_work, "transfer_sets", lambda *_given, **_named: [])
            (attempt,) = run(site, only=["SIMPEG"])
        (planned,) = _transfer.Transfer(site.store, site.state, clock).plan(
            _transfer.SetRef("SIMPEG", NAME), site.media
        )
    finally:
        answers.set()
        for thread in threading.enumerate():
            if thread.name == "patience":
                thread.join()
    assert (found.code, found.level) == ("medium.silent", "error")
    assert (medium["reachable"], medium["problem"]) == (False, f"{place}/nas does not answer")
    assert (attempt.outcome, attempt.name) == ("success", NAME)
    assert planned["action"] == "refuse"
    assert "does not answer" in planned["problem"]


def test_a_source_that_hangs_costs_the_others_nothing(place: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree on a mount whose server is gone: tar stands still in it, and the night must go on."""
    sources = [
        {"name": "Situs", "engine": "files", "path": str(make_tree(place / "situs")), "time_limit": 1},
        {"name": "SIMPEG", "engine": "sqlite", "path": str(place / "simpeg.db")},
    ]
    started: list[Child] = []

    def hangs(_engine: FilesEngine, _options: object, context: Context) -> t.NoReturn:
        child = context.children.spawn(Command(("sleep", "600")), stdout=subprocess.PIPE)
        started.append(child)
        with child.stdout as stream:
            stream.read()
        child.wait()
        raise EngineError("It was ended", "")

    monkeypatch.setattr(FilesEngine, "probe", hangs)
    monkeypatch.setattr(_preflight, "_MINUTE", 0.3)
    situs, simpeg = run(make_site(place, sources=sources))
    assert situs.error is not None
    assert (situs.outcome, situs.error["code"]) == ("failed", "engine.time_limit")
    assert simpeg.outcome == "success"
    (child,) = started
    assert child.process.wait(20) == -signal.SIGKILL


def test_an_hour_can_be_full(place: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_dump, "_MOST_RUNS", 1)
    site = make_site(place)
    run(site)
    (attempt,) = run(site, again=True)
    assert attempt.error is not None and attempt.error["code"] == "naming.runs"


@pytest.mark.parametrize(("smallest", "plausible"), [(0, True), (5, True), (90, False)])
def test_a_source_says_what_is_too_small(place: pathlib.Path, smallest: int, plausible: bool) -> None:
    """300 rows after 1000: less than 90 per cent, more than 5."""
    source = {"name": "SIMPEG", "engine": "sqlite", "path": str(place / "simpeg.db"), "smallest": smallest}
    for rows, night in ((1000, "2026-11-21"), (300, "2026-11-22")):
        (place / "simpeg.db").unlink()
        make_database(place / "simpeg.db", rows)
        (attempt,) = run(make_site(place, sources=[source]), at=f"{night}T00:00:03+07:00")
    assert (attempt.outcome, attempt.plausible) == ("success", plausible)


@pytest.mark.parametrize(("depth", "rows", "digest"), [("objects", 0, 0), ("rows", 1, 0), ("digests", 1, 1)])
def test_a_site_says_how_deep_the_inventory_goes(place: pathlib.Path, depth: str, rows: int, digest: int) -> None:
    (attempt,) = run(make_site(place, inventory=depth))
    (path,) = (place / "store" / "SIMPEG").glob("*/*.manifest.json")
    objects = json.loads(path.read_text(encoding="utf-8"))["inventory"]["objects"]
    tables = [entry for entry in objects if entry["kind"] == "table"]
    assert tables
    for entry in tables:
        assert (entry["rows"] is not None, entry["digest"] is not None) == (bool(rows), bool(digest))
    assert (attempt.rows is not None) == bool(rows)


def test_p13_3a_a_late_run_says_so_everywhere_and_in_its_zone(place: pathlib.Path) -> None:
    """07:30 WITA: after the window, and still of the night before."""
    site = make_site(place, timezone="Asia/Makassar")
    at = "2026-11-20T23:30:00+00:00"
    (attempt,) = run(site, at=at)
    assert (attempt.late, attempt.night, attempt.name) == (True, NIGHT, "2026112107F1D-SIMPEG")
    (path,) = (place / "store" / "SIMPEG").glob("*/*.manifest.json")
    document = json.loads(path.read_text(encoding="utf-8"))
    assert [document[key] for key in ("late", "night", "zone")] == [True, NIGHT, "Asia/Makassar"]
    assert document["started"].startswith("2026-11-20T23:30:0") and document["slot"].startswith("2026-11-21T07:30:0")
    assert document["slot"].endswith("+08:00")
    assert document["warnings"] == list(attempt.findings) and attempt.findings
    found = facts(site, Clock(parse_at(at)), 62)
    assert (found["zone"], found["runs"][0]["late"]) == ("Asia/Makassar", True)


def test_s7_a_copy_says_its_building_and_so_does_the_host(place: pathlib.Path, key: AgeKey) -> None:
    site = full_site(place, key, building="A")
    run(site, only=["SIMPEG"])
    found = facts(site, Clock(parse_at(AT)), 62)
    assert found["building"] == "A"
    for copies in (found["runs"][0]["copies"], found["sets"][0]["copies"], found["media"]):
        assert [copy["building"] for copy in copies] == ["B"]


def test_pitfall_an_implausible_dump_is_kept_and_flagged(place: pathlib.Path) -> None:
    site = make_site(place)
    make_database(place / "large.db", 5000)
    os.replace(place / "large.db", place / "simpeg.db")
    run(site)
    (place / "simpeg.db").unlink()
    make_database(place / "simpeg.db", 10)
    (attempt,) = run(site, at="2026-11-22T00:00:03+07:00")
    assert (attempt.outcome, attempt.plausible) == ("success", False)
    codes = {finding["code"] for finding in attempt.findings}
    assert {"plausible.smaller", "plausible.emptier", "encryption.none"} <= codes
    (path,) = (place / "store" / "SIMPEG").glob("20261121*/*.manifest.json")
    assert json.loads(path.read_text(encoding="utf-8"))["plausible"] is False


def test_p12_3_pending_is_what_did_not_succeed(place: pathlib.Path, key: AgeKey) -> None:
    site = full_site(place, key)
    run(site)
    clock = Clock(parse_at(AT))
    jobs = plan_jobs(site, clock.now())
    assert [job.source.name for job in Runner(site, clock).pending(jobs)] == ["Rusak"]
    assert len(Runner(site, clock).pending(jobs, again=True)) == 3
    incidental = plan_jobs(site, clock.now(), mode="incidental")
    assert len(Runner(site, clock).pending(incidental)) == 3


def test_recovery_closes_what_died_and_leaves_what_lives(place: pathlib.Path) -> None:
    site = make_site(place)
    journal = Journal(journal_path(site), Clock())
    job = {"source": "SIMPEG", "type": "F", "frequency": "daily", "night": NIGHT, "slot": "", "late": False}
    for name in ("dead", "alive"):
        journal.append("run.started", {"run": name, "mode": "scheduled", "jobs": [job]})
        os.makedirs(os.path.join(work_root(site), name, "SIMPEG"))
    runs, locks = place / "state" / "runs", place / "state" / "locks"
    for directory in (runs, locks):
        directory.mkdir()
    for name in ("dead.json", "dead.json.new", "dead.log", "alive.json"):
        (runs / name).touch()
    for name in ("run-dead.lock", "source-simpeg.lock"):
        (locks / name).touch()
    staging = _store.begin(site.store, "SIMPEG", NAME)
    with _locks.hold(run_lock(site, "alive"), "It"):
        assert recover(site, journal) == ["dead"]
        assert os.listdir(work_root(site)) == ["alive"]
        assert sorted(os.listdir(runs)) == ["alive.json", "dead.log"]
        assert sorted(os.listdir(locks)) == ["run-alive.lock", "source-simpeg.lock"]
        assert recover(site, journal) == []
        outcomes = {run["run"]: run["outcome"] for run in facts(site, Clock(parse_at(AT)), 9)["runs"]}
        assert outcomes == {"dead": "interrupted", "alive": "running"}
    assert facts(site, Clock(parse_at(AT)), 9)["runs"][0]["outcome"] == "interrupted"
    assert recover(site, journal) == ["alive"]
    assert os.path.isdir(staging), "an unfinished set is swept under the lock of its source only"
    (attempt,) = run(site)
    assert (attempt.outcome, attempt.name) == ("success", NAME)
    assert sorted(os.listdir(place / "store" / "SIMPEG")) == [NAME]
    assert not os.listdir(work_root(site)) if os.path.isdir(work_root(site)) else True


def test_a_run_that_ends_while_another_looks_is_not_called_interrupted(
    place: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_site(place)
    journal = Journal(journal_path(site), Clock())
    job = {"source": "SIMPEG", "type": "F", "frequency": "daily", "night": NIGHT, "slot": "", "late": False}
    journal.append("run.started", {"run": "other", "mode": "scheduled", "jobs": [job]})

    def ends(_path: str) -> bool:
        journal.append("run.finished", {"run": "other", "outcome": "success", "seconds": 1})
        return False

    with monkeypatch.context() as patch:
        patch.setattr(_locks, "is_held", ends)
        assert recover(site, journal) == []
    assert [entry.event for entry in journal.read().entries] == ["run.started", "run.finished"]


def test_a_run_that_cannot_go_on_says_why_in_its_journal(place: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host without room for one more process: the morning's report must not guess at a reboot."""

    def no_room(_keep: int) -> t.NoReturn:
        raise ToolError("The clean-up process could not be started", "See the limits", code="tool.start")

    monkeypatch.setattr(_runner, "Warden", no_room)
    site = make_site(place)
    with pytest.raises(ToolError):
        run(site)
    (attempt,) = facts(site, Clock(parse_at(AT)), 9)["runs"]
    assert attempt["outcome"] == "interrupted"
    assert attempt["error"]["code"] == "tool.start"


def test_a_source_in_use_is_told_and_the_others_go_on(place: pathlib.Path, key: AgeKey) -> None:
    site = full_site(place, key)
    clock = Clock(parse_at(AT))
    with _locks.hold(os.path.join(site.state, "locks", "source-simpeg.lock"), "It", "run-9"):
        found = check(site, plan_jobs(site, clock.now()), clock, str(place / "work"))
        assert "lock.held" in {finding.code for finding in found if finding.subject == "SIMPEG"}
        attempts = {attempt.source: attempt for attempt in run(site)}
    assert attempts["SIMPEG"].error is not None and attempts["SIMPEG"].error["code"] == "lock.held"
    assert attempts["Situs"].outcome == "success"


def test_a_check_sees_all_sources_and_writes_nothing(place: pathlib.Path, key: AgeKey) -> None:
    site = full_site(place, key)
    before = tree_hash(place)
    clock = Clock(parse_at(AT))
    found = check(site, plan_jobs(site, clock.now(), only=["SIMPEG"]), clock, str(place / "work"))
    assert tree_hash(place) == before
    assert {finding.subject for finding in found if finding.code == "encryption.single"} == {"SIMPEG"}
    assert {finding.subject for finding in found if finding.level == "error"} <= {"Rusak", str(place / "nowhere.db")}


def test_a_check_says_whose_an_obstacle_is(place: pathlib.Path, key: AgeKey) -> None:
    """Of many sources on one server one may have a wrong password."""
    site, clock = full_site(place, key), Clock(parse_at(AT))
    found = check(site, plan_jobs(site, clock.now()), clock, str(place / "work"))
    told = [finding.message for finding in found if finding.level == "error"]
    assert told and all(words.startswith("Rusak: ") for words in told), told


def odd_database(place: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a server may name one: PostgreSQL takes marks that turn the direction of text around."""
    del place
    streams = SqliteSession.streams
    monkeypatch.setattr(
        SqliteSession,
        "streams",
        lambda session: (dataclasses.replace(stream, database="gaji\u200e") for stream in streams(session)),
    )


def small_limit(place: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del place
    monkeypatch.setattr(_dump, "SIZE_LIMIT", 1000)


def bad_disk(place: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = _dump.write_new

    def garbled(path: str, data: bytes) -> None:
        write(path, data[:-1] + b"?")

    del place
    monkeypatch.setattr(_dump, "write_new", garbled)


@pytest.mark.parametrize(
    ("trouble", "code"),
    [(odd_database, "manifest.invalid"), (small_limit, "manifest.large"), (bad_disk, "pipeline.read_back")],
)
def test_a_set_whose_papers_cannot_be_read_again_is_no_success(
    place: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    trouble: t.Callable[[pathlib.Path, pytest.MonkeyPatch], None],
    code: str,
) -> None:
    site = make_site(place)
    trouble(place, monkeypatch)
    (attempt,) = run(site)
    assert attempt.outcome == "failed"
    assert attempt.error is not None
    assert attempt.error["code"] == code
    assert not list((place / "store" / "SIMPEG").iterdir())


def test_manifests_are_signed_for_their_host_only(place: pathlib.Path) -> None:
    with Children() as children:
        path = str(place / "keys" / "manifest")
        public = ensure_key(path, "db1", children)
        assert ensure_key(path, "db1", children) == public == public_key(path)
        assert os.stat(path).st_mode & 0o777 == 0o600
        signature = place / "sig"
        signature.write_bytes(sign(b"words", path, children))
        signers = allowed_signers(place / "signers", path, "db1")
        assert check_signature(b"words", str(signature), signers, "db1", children)
        assert not check_signature(b"Words", str(signature), signers, "db1", children)
        assert not check_signature(b"words", str(signature), signers, "db2", children)
        with pytest.raises(ManifestError) as caught:
            sign(b"words", str(place / "nowhere"), children)
        assert caught.value.code == "signing.failed"
        with pytest.raises(BackupError, match="/proc/nowhere"):
            ensure_key("/proc/nowhere/key", "db1", children)


@pytest.mark.parametrize("content", [None, b"", b"ssh-ed25519", b"\xff\xfe x", b"x " * 20000])
def test_a_public_key_that_is_none_is_told(place: pathlib.Path, content: bytes | None) -> None:
    if content is not None:
        (place / "key.pub").write_bytes(content)
    with pytest.raises(ManifestError) as caught:
        public_key(str(place / "key"))
    assert caught.value.code == "signing.key"


def test_options_stay_as_they_were_given(place: pathlib.Path) -> None:
    options = site_options(place)
    copy = json.loads(json.dumps(options))
    parse_site(options)
    assert options == copy

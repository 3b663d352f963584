# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What fuzzing found, each by the smallest input that shows it. The rows stand in docs/bugs-found.md."""

from __future__ import annotations

import json
import os
import pathlib
import typing as t

import pytest
from tests.support.site import make_site

from ansible_collections.nusantara.backup.plugins.module_utils._base import _locks
from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import (
    BackupError,
    ConfigError,
    EngineError,
    JournalError,
)
from ansible_collections.nusantara.backup.plugins.module_utils._base._findings import WARNING, Finding
from ansible_collections.nusantara.backup.plugins.module_utils._base._json import parse_json
from ansible_collections.nusantara.backup.plugins.module_utils._base._printable import harmless, one_line
from ansible_collections.nusantara.backup.plugins.module_utils._base._reader import Problems, Reader
from ansible_collections.nusantara.backup.plugins.module_utils._edges import _checksum_module, _cli
from ansible_collections.nusantara.backup.plugins.module_utils._engines._tarcheck import TarCheck
from ansible_collections.nusantara.backup.plugins.module_utils._engines._tardigest import Digests
from ansible_collections.nusantara.backup.plugins.module_utils._engines._tarlook import unescaped
from ansible_collections.nusantara.backup.plugins.module_utils._record._facts import facts
from ansible_collections.nusantara.backup.plugins.module_utils._record._history import history_of
from ansible_collections.nusantara.backup.plugins.module_utils._record._journal import LINE_LIMIT, Journal
from ansible_collections.nusantara.backup.plugins.module_utils._run._follow import follow
from ansible_collections.nusantara.backup.plugins.module_utils._run._progress import read_progress
from ansible_collections.nusantara.backup.plugins.module_utils._run._runner import Runner
from ansible_collections.nusantara.backup.plugins.module_utils._run._understood import Understood
from ansible_collections.nusantara.backup.plugins.module_utils._sets._verified import last_verified
from ansible_collections.nusantara.backup.plugins.plugin_utils import _format, _run_display

from .strategies.journal import RUN, chained
from .strategies.streams import _header
from .words import IDENTITY

ESCAPE = "\x1b]0;owned\x07"
STARTED = ("run.started", {"run": RUN, "mode": "scheduled", "jobs": []})


def journal(directory: pathlib.Path, *events: tuple[t.Any, t.Any]) -> Journal:
    """A journal whose chain is right, whatever it says."""
    (directory / "journal.jsonl").write_bytes(b"".join(chained(events)))
    return Journal(str(directory / "journal.jsonl"), Clock())


def test_pitfall_hostile_names_reach_no_terminal_by_an_error_or_a_finding() -> None:
    error = BackupError(f"no {ESCAPE}", f"do {ESCAPE}", detail=f"a\nb{ESCAPE}")
    finding = Finding("x", WARNING, ESCAPE, f"see {ESCAPE}\nmore", params={"name": f"\udcff{ESCAPE}"})
    for text in (str(error), error.detail, *(str(value) for value in finding.as_dict().values())):
        assert "\x1b" not in text and "\x07" not in text
    assert error.detail.startswith("a\nb") and finding.message.endswith(" more")
    assert finding.params["name"].startswith("\\xff\\x1b")


@pytest.mark.parametrize("where", ["host", "timezone", "level", "style", "building"])
def test_a_private_key_in_the_wrong_place_is_not_repeated(where: str, tmp_path: pathlib.Path) -> None:
    for value in (IDENTITY, IDENTITY.lower(), [IDENTITY], {IDENTITY: 1}):
        with pytest.raises(ConfigError) as caught:
            make_site(tmp_path, **{where: value, "recipients": [[IDENTITY], IDENTITY]})
        assert IDENTITY[16:22].lower() not in str(caught.value).lower()


def test_a_configuration_of_a_million_mistakes_is_refused_in_few_words() -> None:
    problems = Problems()
    Reader({f"key {number}": 1 for number in range(100_000)}, "", problems).done()
    Reader({"sources": [1] * 20_000}, "", problems).items("sources")
    assert len(problems.found) < 30
    for _time in range(1000):
        problems.add("sources[0]", "x" * 5000)
    assert len(str(ConfigError(problems.found))) < 10_000


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a": "\\ud800"}',
        b'{"a": "\\udc00\\ud800"}',
        b'{"a": "\\ud800x\\udc00"}',
        b'{"a": 1e999}',
        b'{"a": NaN}',
        b"9" * 5000,
        b"[" * 5000,
        b"[" + b"0," * 2_000_000 + b"0]",
    ],
)
def test_json_that_would_spoil_what_we_write_or_cost_memory_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="is not JSON|values"):
        parse_json(raw)


def test_pairs_and_escaped_backslashes_are_no_half_characters() -> None:
    assert parse_json(b'"\\ud83d\\ude00 \\\\ud800 \\u00e9"') == "😀 \\ud800 é"


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("run.started", {}),
        ("run.started", {"run": RUN, "mode": "scheduled", "jobs": [{"source": "A", "odd": 1}]}),
        ("run.started", {"run": ["a list"], "mode": "scheduled", "jobs": []}),
        ("run.started", {"run": "../../../etc/passwd", "mode": "scheduled", "jobs": []}),
        ("source.finished", {"run": RUN, "source": "A"}),
        ("run.finished", {}),
        ("servers.seen", {"unplanned": 7}),
        ("hook.started", {"run": RUN}),
    ],
)
def test_a_chained_journal_that_says_what_no_run_writes_is_refused(
    event: str, data: dict[str, t.Any], tmp_path: pathlib.Path
) -> None:
    """Each ended in a traceback of facts, check and run."""
    odd = journal(tmp_path, STARTED, (event, data))
    with pytest.raises(JournalError) as caught:
        history_of(odd)
    assert caught.value.code == "journal.broken" and "line 2 says what no run writes" in caught.value.what
    assert history_of(odd, believed=False).open_runs == {RUN: []}


def test_an_attempt_takes_only_what_fits_it(tmp_path: pathlib.Path) -> None:
    """A number that is text failed the next night's comparison with history; any other attribute could be set."""
    job = {"source": "A", "type": "F", "frequency": "daily", "night": "2026-11-20", "slot": "", "late": False}
    about = {"run": RUN, "source": "A", "frequency": "daily"}
    start = ("run.started", {"run": RUN, "mode": "scheduled", "jobs": [job]})
    fine = history_of(journal(tmp_path, start, ("source.finished", {**about, "name": "n\x1b", "as_dict": "x"})))
    assert fine.attempts[0].name == "n\\x1b" and callable(fine.attempts[0].as_dict)
    with pytest.raises(JournalError):
        history_of(journal(tmp_path, start, ("source.finished", {**about, "plain_bytes": "many"})))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\u202e"])
def test_a_journal_line_that_nobody_writes_is_no_traceback(value: t.Any, tmp_path: pathlib.Path) -> None:
    line = json.dumps({"seq": 1, "at": "x", "event": "e", "data": {"a": value}, "prev": "0" * 64, "hash": "0"})
    (tmp_path / "journal.jsonl").write_text(line + "\n", encoding="utf-8")
    assert Journal(str(tmp_path / "journal.jsonl"), Clock()).read().problem.startswith("line 1")


def test_a_journal_line_without_end_is_not_taken_into_memory(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "journal.jsonl"
    with open(path, "wb") as stream:
        stream.truncate(LINE_LIMIT * 3)
    found = Journal(str(path), Clock())
    assert found.walk(lambda _entry: None).problem == "line 1 is not an entry"
    with pytest.raises(JournalError) as caught:
        found.append("event", {})
    assert caught.value.code == "journal.broken"
    path.unlink()
    with pytest.raises(JournalError, match="bytes would be read by nobody"):
        found.append("event", {"a": "x" * LINE_LIMIT})


def test_a_pipe_in_the_place_of_a_journal_holds_nobody_up(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "journal.jsonl")
    pipe = Journal(str(tmp_path / "journal.jsonl"), Clock())
    for use in (pipe.read, lambda: pipe.append("event", {})):
        with pytest.raises(JournalError, match="is not a regular file"):
            use()


def test_a_pipe_in_the_place_of_a_lock_holds_nobody_up(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "source-simpeg.lock")
    assert _locks.is_held(str(tmp_path / "source-simpeg.lock")) is False
    assert _locks.is_held(str(tmp_path / "source-simpeg.lock" / "below")) is False


def test_a_run_that_is_asked_for_by_a_path_is_unknown(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BackupError) as caught:
        follow(make_site(tmp_path), "../../etc/passwd", 0, 0, 0, Clock())
    assert caught.value.code == "run.unknown"


@pytest.mark.parametrize("raw", [b"[" * 3000, b'{"places": [{}]}', b'{"places": 7}', b'{"places": [{"at": "x"}]}'])
def test_a_record_of_verifications_that_is_none_is_said_in_words(raw: bytes, tmp_path: pathlib.Path) -> None:
    (tmp_path / "verified.json").write_bytes(raw)
    with pytest.raises(BackupError) as caught:
        last_verified(str(tmp_path))
    assert caught.value.code == "verify.record"


def test_progress_of_an_odd_form_is_no_news(tmp_path: pathlib.Path) -> None:
    for raw in (b"[" * 3000, b'{"steps": "many", "bytes": []}'):
        (tmp_path / "progress.json").write_bytes(raw)
        assert read_progress(str(tmp_path / "progress.json")) == {}


def test_file_names_that_are_no_utf_8_are_escaped_in_facts(tmp_path: pathlib.Path) -> None:
    """As lone surrogates they broke every reader of JSON."""
    site = make_site(tmp_path)
    (tmp_path / "store").mkdir()
    with open(os.path.join(os.fsencode(tmp_path), b"store", b"\xff\x1b[2J"), "wb"):
        pass
    (found,) = facts(site, Clock(), 1)["unknown"]
    assert found.isprintable() and found.isascii() and "\\udcff\\x1b" in found


def test_runs_of_one_second_have_identifiers_of_their_own(tmp_path: pathlib.Path) -> None:
    site = make_site(tmp_path)
    names = {Runner(site, Clock()).run_id.rpartition("-")[2] for _number in range(2000)}
    assert len(names) == 2000 and {len(name) for name in names} == {16}


@pytest.mark.parametrize("problem", [KeyError("a"), IndexError(0), TypeError("a"), ValueError("a"), RecursionError()])
def test_an_answer_that_nobody_foresaw_is_said_in_words(problem: Exception) -> None:
    """A check of a server that answers oddly ended in a traceback."""
    with pytest.raises(EngineError) as caught, Understood("SIMPEG"):
        raise problem
    assert caught.value.code == "engine.answer" and type(problem).__name__ in caught.value.what
    with pytest.raises(OSError, match="x"), Understood("SIMPEG"):
        raise OSError("x")


def tar(*parts: bytes) -> None:
    check = TarCheck(512, Digests())
    for part in parts:
        check.feed(memoryview(part))
    check.finish()


@pytest.mark.parametrize("size", [b"-1000000\0", b"+7\0", b"1_0\0", b"\x80" + b"\xff" * 11])
def test_a_tar_header_with_a_size_below_zero_or_without_end_is_refused(size: bytes) -> None:
    """One led the walk back for ever, another could not be counted with."""
    with pytest.raises(EngineError, match="damaged number"):
        tar(_header({}, b"5", b""), _header({124: size}, b"0", b""), bytes(4096))


def test_a_map_of_a_sparse_file_cannot_ask_for_holes_without_end() -> None:
    digests = Digests()
    pax = {b"GNU.sparse.major": b"1"}
    for chart in (b"1\n" + b"9" * 18 + b"\n1\n", b"1\n" + b"9" * 5000 + b"\n1\n", b"9" * 5000 + b"\n0\n"):
        digests.begin(b"a", 1024, 2048, pax, old=False)
        digests.update(memoryview(chart + bytes(-len(chart) % 512) + b"x"))
        digests.end()
    assert [item.digest for item in digests.objects()] == [None, None, None]


def test_an_escape_of_tar_beyond_a_byte_is_no_traceback() -> None:
    assert unescaped("a\\777") == b"a\xff"


@pytest.mark.parametrize(
    "value", [10**400, -(10**400), float("nan"), float("inf")], ids=["large", "small", "nan", "inf"]
)
def test_the_filters_take_numbers_that_are_no_floats(value: float) -> None:
    assert _format.number(value, "id") == _format.size(abs(value), "en") == "\u2013"


def test_a_host_that_answers_oddly_does_not_end_the_play(tmp_path: pathlib.Path) -> None:
    events = [{"event": event, "data": {}} for event in ("source.finished", "run.interrupted", "hook.finished")]
    lines = _run_display.lines_of("db1", [*events, {}, 7], {"step": 7, "bytes": "x"})
    assert len(lines) == 3 and all(line.startswith("[db1] ") for line in lines)
    assert _run_display.lines_of_check("db1", {"plan": [{}], "findings": 7, "hooks": [1]})


def test_the_command_line_repeats_no_escape_of_its_call(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        _cli.main(["facts", "--config", "x", ESCAPE])
    assert "\x1b" not in capsys.readouterr().err
    assert _cli.main(["facts", "--config", f"/nowhere/{ESCAPE}"]) == 1
    said = capsys.readouterr().err
    assert "\x1b" not in said and "as JSON" in said


@pytest.mark.parametrize("key", ["path", "state", "allowed_signers", "signing_key"])
def test_a_path_with_a_zero_byte_is_refused_in_words(key: str) -> None:
    given = {name: option.get("default") for name, option in _checksum_module.argument_spec().items()}
    with pytest.raises(ConfigError, match=f"{key}: 'a.x00' has a control character"):
        _checksum_module.checksum_result({**given, key: "a\x00"}, check_mode=True)


def test_what_is_made_printable_stays_what_it_was_where_it_can() -> None:
    assert one_line("Gaji é 日本 😀") == "Gaji é 日本 😀"
    assert harmless({"a\x07": ["b\nc", 1.5, float("inf"), None]}) == {"a\\x07": ["b\nc", 1.5, None, None]}

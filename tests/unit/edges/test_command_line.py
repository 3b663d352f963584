# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``nusantara-backup`` from its arguments to its exit status: 0 all is well, 1 something failed, 2 a wrong call."""

from __future__ import annotations

import errno
import json
import os
import pathlib
import typing as t

import pytest
from tests.support.site import AT, make_database, site_options

from ansible_collections.nusantara.backup.plugins.module_utils._base._stop import StoppedError
from ansible_collections.nusantara.backup.plugins.module_utils._edges import _cli

NAME = "2026112024F1D-SIMPEG"


class Broken:
    """A standard output that leads nowhere any more."""

    def __init__(self, path: pathlib.Path) -> None:
        self._file = path.open("w", encoding="ascii")

    def write(self, _text: str) -> int:
        raise OSError(errno.EPIPE, "Broken pipe")

    def flush(self) -> None:
        """Nothing was taken."""

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()


@pytest.fixture(autouse=True)
def no_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The signals of the tests' own process stay as they are."""
    monkeypatch.setattr(_cli, "listen", lambda: None)


@pytest.fixture
def job(tmp_path: pathlib.Path) -> pathlib.Path:
    make_database(tmp_path / "simpeg.db")
    return written(tmp_path)


def written(place: pathlib.Path, **changes: t.Any) -> pathlib.Path:
    path = place / "job.json"
    path.write_text(json.dumps(site_options(place, **changes)), encoding="utf-8")
    return path


class Said(t.NamedTuple):
    status: int
    output: str
    errors: str


def said(capsys: pytest.CaptureFixture[str], command: str, job: pathlib.Path, *more: str) -> Said:
    status = _cli.main([command, "--config", str(job), "--at", AT, *more])
    output = capsys.readouterr()
    return Said(status, output.out, output.err)


def test_a_night_is_run_once_and_then_shown(job: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, output, errors = said(capsys, "run", job)
    assert (status, errors) == (0, "")
    assert output.startswith(f"SIMPEG: success {NAME} ") and output.endswith(" bytes\n")
    assert said(capsys, "run", job) == (0, "nothing is due\n", "")
    assert said(capsys, "run", job, "--again")[0] == 0
    status, output, errors = said(capsys, "facts", job, "--nights", "3")
    facts = json.loads(output)
    assert status == 0
    assert [found["name"] for found in facts["sets"]] == [f"{NAME}.r2", NAME]


def test_a_failure_is_told_with_its_reason(
    job: pathlib.Path, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "simpeg.db").unlink()
    done = said(capsys, "run", job)
    first, second = done.output.splitlines()[:2]
    assert (done.status, first) == (1, "SIMPEG: failed  0 bytes")
    assert second.startswith("  ") and str(tmp_path / "simpeg.db") in second


def test_a_check_tells_obstacles_and_changes_nothing(
    job: pathlib.Path, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, "check", job)[0] == 0
    (tmp_path / "simpeg.db").unlink()
    done = said(capsys, "check", job)
    assert done.status == 1
    assert any(line.startswith("error: ") and str(tmp_path / "simpeg.db") in line for line in done.output.splitlines())
    assert not (tmp_path / "store").exists() and not (tmp_path / "state").exists()


def test_every_mistake_in_the_configuration_has_its_line(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = {"name": "SIMPEG", "engine": "oracle", "path": "relative"}
    status, output, errors = said(capsys, "check", written(tmp_path, host="", sources=[source]))
    assert (status, output) == (2, "")
    lines = errors.splitlines()
    assert len(lines) > 1 and all(line.startswith("nusantara-backup: ") for line in lines)
    assert any("host: " in line for line in lines) and any("sources[0].engine: " in line for line in lines)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"{", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[]", "must hold a mapping"),
        (b'{"at": "x", "mode": "y"}', "has options that do not belong there: 'at', 'mode'"),
    ],
)
def test_a_job_file_that_is_none_is_told(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], content: bytes | None, words: str
) -> None:
    path = tmp_path / "job.json"
    if content is not None:
        path.write_bytes(content)
    status, output, errors = said(capsys, "run", path)
    assert (status, output) == (1, "")
    assert errors.startswith(f"nusantara-backup: The job file {path} {words}")


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (OSError(errno.EIO, "Input/output error", "/var/x"), "/var/x: Input/output error. See the host's log"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "Cannot allocate memory. See the host's log"),
        (StoppedError("SIGTERM"), "The run was told to stop (SIGTERM)"),
        (KeyError("x"), ""),
    ],
    ids=["on a file", "of the system", "stopped", "a fault of ours"],
)
def test_whatever_ends_the_work_is_one_line(
    job: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    problem: BaseException,
    words: str,
) -> None:
    def fail(_options: object) -> t.NoReturn:
        raise problem

    monkeypatch.setattr(_cli, "_work", fail)
    status, output, errors = said(capsys, "run", job)
    assert (status, output, errors.count("\n")) == (1, "", 1)
    assert errors.startswith(f"nusantara-backup: {words}")
    assert "Traceback" not in errors


def test_a_standard_output_that_is_gone_is_told(
    job: pathlib.Path, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Broken(tmp_path / "out")
    monkeypatch.setattr("sys.stdout", broken)
    status = _cli.main(["facts", "--config", str(job)])
    assert os.readlink(f"/proc/self/fd/{broken.fileno()}") == os.devnull
    broken.close()
    assert status == 1
    assert "Standard output cannot be written: Broken pipe" in capsys.readouterr().err


def test_words_of_others_reach_no_terminal_as_commands(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    errors = said(capsys, "run", tmp_path / "a\x1b[31m").errors
    assert "\x1b" not in errors and errors.count("\n") == 1

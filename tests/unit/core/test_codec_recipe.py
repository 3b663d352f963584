# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codecs refuse before a dump starts, keep their secret, and say how an artifact opens."""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest
from tests.support.site import age_key

from ansible_collections.nusantara.backup.plugins.module_utils._artifact import _codec
from ansible_collections.nusantara.backup.plugins.module_utils._artifact._recipe import PARAMETERS, recipe
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import ToolError
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Protection
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children, Command, Result

CLEAR = Protection(encryption="none")


@pytest.mark.parametrize(
    ("protection", "ending"),
    [
        (Protection(), ".zst.age"),
        (Protection(compression="gzip"), ".gz.age"),
        (Protection(compression="none"), ".age"),
        (CLEAR, ".zst"),
        (Protection(compression="gzip", encryption="none"), ".gz"),
        (Protection(compression="none", encryption="none"), ""),
    ],
)
def test_the_ending_tells_how_it_opens(protection: Protection, ending: str) -> None:
    assert _codec.suffix(protection) == ending
    assert len(_codec.encoders(protection)) == ending.count(".") == len(_codec.decoders(protection))


def test_recipients_go_to_age_and_no_secret_goes_anywhere() -> None:
    protection = Protection(compression="none", recipients=("age1a", "age1b"))
    (stage,) = _codec.encoders(protection, "age1c")
    assert stage.argv == ("age", "--encrypt", "-r", "age1a", "-r", "age1b", "-r", "age1c")
    with Children() as children:
        key = _codec.MemoryKey(children)
    with key.descriptor() as identity:
        (stage,) = _codec.decoders(protection, identity)
        secret = os.pread(identity, 200, 0)
        assert secret.startswith(b"AGE-SECRET-KEY-1")
        assert secret.decode().strip() not in " ".join(stage.argv)
        assert os.readlink(f"/proc/self/fd/{identity}").startswith("/memfd:")
        assert not os.get_inheritable(identity)
    assert secret not in repr(key).encode()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(identity)


def test_each_memory_key_is_another_one() -> None:
    with Children() as children:
        assert _codec.MemoryKey(children).recipient != _codec.MemoryKey(children).recipient


@pytest.mark.parametrize(("compression", "levels"), [("zstd", (1, 19)), ("gzip", (1, 9))])
def test_the_level_is_that_of_the_configuration(compression: str, levels: tuple[int, int]) -> None:
    sizes = []
    with Children() as children:
        for level in levels:
            (stage,) = _codec.encoders(Protection(compression, level, "none"))
            assert f"-{level}" in stage.argv
            plain = b"".join(b"%d %d\n" % (number, number * number) for number in range(20_000))
            sizes.append(len(children.run(stage, stdin=plain).stdout))
    assert sizes[1] < sizes[0]


def test_tools_are_tried_before_the_dump(tmp_path: pathlib.Path) -> None:
    good = age_key(tmp_path).recipient
    with Children() as children:
        for compression in _codec.COMPRESSIONS:
            _codec.check_tools(Protection(compression=compression, recipients=(good,)), children)
        _codec.check_tools(Protection(compression="none", encryption="none"), children)
        wrong = good[:-1] + ("q" if good[-1] != "q" else "p")
        assert _codec.check_recipient(wrong) == wrong
        with pytest.raises(ToolError) as caught:
            _codec.check_tools(Protection(recipients=(good, wrong)), children)
        assert caught.value.code == "tool.encryption"


def test_what_worked_once_in_a_run_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Command] = []
    with Children() as children:
        real = children.run
        monkeypatch.setattr(children, "run", lambda stage, stdin: (tried.append(stage), real(stage, stdin=stdin))[1])
        for level in (3, 3, 4):
            _codec.check_tools(Protection("zstd", level, "none"), children)
        assert [stage.argv[2] for stage in tried] == ["-3", "-4"]
        monkeypatch.setattr(_codec, "encoders", lambda _protection: [Command(("false",))])
        for _time in range(2):
            with pytest.raises(ToolError):
                _codec.check_tools(CLEAR, children)
    assert [stage.name for stage in tried[2:]] == ["false", "false"]


@pytest.mark.parametrize("stage", [("zstd", "--no-such-option"), ("true",)], ids=["failing", "silent"])
def test_a_compressor_that_does_not_work_is_found_out(monkeypatch: pytest.MonkeyPatch, stage: tuple[str, ...]) -> None:
    monkeypatch.setattr(_codec, "encoders", lambda _protection: [Command(stage)])
    with Children() as children, pytest.raises(ToolError) as caught:
        _codec.check_tools(CLEAR, children)
    assert caught.value.code == "tool.compression"


@pytest.mark.parametrize(
    "text", ["", "age1", "age1" + "q" * 57, "age1" + "b" * 58, "AGE1" + "Q" * 58, "ssh-ed25519 AAAA"]
)
def test_what_is_no_recipient_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an age recipient"):
        _codec.check_recipient(text)


def test_no_key_of_ours_without_age_keygen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Children, "run", lambda *_unused: Result(0, b"", "no entropy"))
    with pytest.raises(ToolError) as caught:
        _codec.MemoryKey(Children())
    assert caught.value.code == "tool.encryption"


@pytest.mark.parametrize(
    ("protection", "line"),
    [
        (Protection(), 'age --decrypt -i "$KEY" -- "$FILE" | zstd -d -c > "$PLAIN"'),
        (Protection(compression="none"), 'age --decrypt -i "$KEY" -- "$FILE" > "$PLAIN"'),
        (CLEAR, 'zstd -d -c -- "$FILE" > "$PLAIN"'),
        (Protection(compression="gzip", encryption="none"), 'gzip -d -c -- "$FILE" > "$PLAIN"'),
        (Protection(compression="none", encryption="none"), 'cp -- "$FILE" "$PLAIN"'),
    ],
)
def test_lines_that_open(protection: Protection, line: str) -> None:
    assert recipe(protection, ("cat",))["open"] == line


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("sqlite3", "{input}", "PRAGMA x"), "sqlite3 \"$PLAIN\" 'PRAGMA x'"),
        (("tar", "--directory={target}", "-x"), 'tar --directory="$TARGET" -x < "$PLAIN"'),
        (("psql", "--dbname={target}", "it's"), 'psql --dbname="$TARGET" \'it\'"\'"\'s\' < "$PLAIN"'),
        (("pg_restore", "-d", "{target}", "{input}"), 'pg_restore -d "$TARGET" "$PLAIN"'),
        (("cat", "$(id)", ";", "*"), "cat '$(id)' ';' '*' < \"$PLAIN\""),
    ],
)
def test_lines_that_use_the_plain_file(words: tuple[str, ...], line: str) -> None:
    assert recipe(CLEAR, words)["use"] == line


def test_lines_work_with_hostile_paths(tmp_path: pathlib.Path) -> None:
    place = tmp_path / "a b;$(id)'\""
    place.mkdir()
    (place / "-file").write_text("content", encoding="ascii")
    lines = recipe(Protection(compression="none", encryption="none"), ("cat",))
    told = {"FILE": str(place / "-file"), "PLAIN": str(place / "plain"), "PATH": os.environ["PATH"]}
    done = subprocess.run(["sh", "-ec", f"{lines['open']}\n{lines['use']}"], env=told, capture_output=True, check=True)
    assert done.stdout == b"content"
    assert set(PARAMETERS) == {"KEY", "FILE", "PLAIN", "TARGET"}

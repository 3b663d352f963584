# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key of a host, what it signs, and whom a check believes."""

from __future__ import annotations

import os
import pathlib
import stat
import subprocess
import typing as t

import pytest
from tests.support.sets import HOST, MadeSet, allowed_signers, make_key, make_set

from ansible_collections.nusantara.backup.plugins.module_utils._base import _process
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError, ManifestError
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children
from ansible_collections.nusantara.backup.plugins.module_utils._sets._manifest import load
from ansible_collections.nusantara.backup.plugins.module_utils._sets._signers import Signers, opened
from ansible_collections.nusantara.backup.plugins.module_utils._sets._signing import (
    check,
    ensure_key,
    public_key,
    sign,
)

NAME = "2026112024F1D-SIMPEG"
FAKE = """#!/bin/sh
{body}
"""


@pytest.fixture
def children() -> t.Iterator[Children]:
    with Children() as found:
        yield found


@pytest.fixture
def key(tmp_path: pathlib.Path) -> str:
    return make_key(tmp_path)


@pytest.fixture
def made(tmp_path: pathlib.Path, key: str) -> MadeSet:
    return make_set(tmp_path / "store", "SIMPEG", NAME, key=key)


def fake_tool(place: pathlib.Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Put another ssh-keygen before the real one."""
    place.mkdir()
    tool = place / "ssh-keygen"
    tool.write_text(FAKE.format(body=body), encoding="ascii")
    tool.chmod(0o755)
    monkeypatch.setattr(_process, "_SEARCH_PATH", f"{place}:{_process._SEARCH_PATH}")


def mode(path: pathlib.Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_first_backup_makes_the_key_and_later_ones_find_it(tmp_path: pathlib.Path, children: Children) -> None:
    path = tmp_path / "state" / "keys" / "manifest"
    line = ensure_key(str(path), HOST, children)
    secret = path.read_bytes()
    assert ensure_key(str(path), HOST, children) == line == public_key(str(path))
    assert path.read_bytes() == secret and secret.startswith(b"-----BEGIN OPENSSH PRIVATE KEY-----")
    assert line.split()[0] == "ssh-ed25519" and len(line.split()) == 2
    assert path.with_name("manifest.pub").read_text(encoding="ascii") == f"{line} nusantara-backup {HOST}\n"
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["manifest", "manifest.pub"]
    derived = subprocess.run(["ssh-keygen", "-y", "-P", "", "-f", path], check=True, capture_output=True, text=True)
    assert derived.stdout.split()[:2] == line.split()


def test_what_an_interrupted_making_left_is_no_obstacle(tmp_path: pathlib.Path, children: Children) -> None:
    left = tmp_path / "manifest.new"
    left.mkdir()
    (left / "key").write_bytes(b"half")
    (left / "key.pub").write_bytes(b"half")
    assert ensure_key(str(tmp_path / "manifest"), HOST, children).startswith("ssh-ed25519 ")
    assert not left.exists()


def test_both_halves_are_on_the_disk_before_they_have_their_names(
    tmp_path: pathlib.Path, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut leaves a whole key or none, and never a secret half without its public one."""
    seen: list[tuple[str, str]] = []
    real_sync, real_rename = os.fsync, os.rename

    def sync(descriptor: int) -> None:
        seen.append(("sync", os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}"))))
        real_sync(descriptor)

    def rename(old: str, new: str) -> None:
        seen.append(("rename", os.path.basename(new)))
        real_rename(old, new)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "rename", rename)
    (tmp_path / "keys").mkdir()
    ensure_key(str(tmp_path / "keys" / "manifest"), HOST, children)
    both = {("sync", "key"), ("sync", "key.pub")}
    renamed = seen.index(("rename", "manifest.pub"))
    assert both <= set(seen[:renamed])
    assert seen[renamed:] == [("rename", "manifest.pub"), ("rename", "manifest"), ("sync", "keys")]


def test_a_key_that_cannot_be_made_is_told_and_leaves_nothing(
    tmp_path: pathlib.Path, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_tool(tmp_path / "bin", monkeypatch, "echo no entropy >&2; exit 3")
    path = tmp_path / "keys" / "manifest"
    with pytest.raises(BackupError) as caught:
        ensure_key(str(path), HOST, children)
    assert caught.value.code == "signing.key"
    assert caught.value.what == f"The signing key {path} could not be made: no entropy"
    assert list(path.parent.iterdir()) == []


def test_a_silent_failure_of_the_tool_has_words_too(
    tmp_path: pathlib.Path, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_tool(tmp_path / "bin", monkeypatch, "kill -9 $$")
    with pytest.raises(BackupError, match="could not be made: was killed by SIGKILL"):
        ensure_key(str(tmp_path / "manifest"), HOST, children)


def test_a_directory_that_cannot_be_made_is_told(tmp_path: pathlib.Path, children: Children) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BackupError, match="Cannot make the signing key") as caught:
        ensure_key(str(tmp_path / "file" / "manifest"), HOST, children)
    assert caught.value.code == "disk"


def test_the_public_half_is_absent(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ManifestError) as caught:
        public_key(str(tmp_path / "manifest"))
    assert caught.value.code == "signing.key"
    assert caught.value.what == f"There is no public signing key {tmp_path / 'manifest'}.pub"


@pytest.mark.parametrize("content", [b"", b"ssh-ed25519", b"ssh-ed25519 \xff", None], ids=ascii)
def test_the_public_half_is_damaged(tmp_path: pathlib.Path, content: bytes | None) -> None:
    path = tmp_path / "manifest.pub"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(ManifestError) as caught:
        public_key(str(tmp_path / "manifest"))
    assert caught.value.code == "signing.key"
    assert caught.value.what == f"The public signing key {path} cannot be read"


def test_a_signature_is_one_that_ssh_keygen_itself_believes(tmp_path: pathlib.Path, key: str) -> None:
    with Children() as children:
        signature = tmp_path / "m.sig"
        signature.write_bytes(sign(b"papers", key, children))
    signers = allowed_signers(tmp_path / "allowed", key)
    told = ["-n", "nusantara-backup-manifest", "-I", HOST, "-f", signers, "-s", str(signature)]
    done = subprocess.run(["ssh-keygen", "-Y", "verify", *told], input=b"papers", capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_signature_fits_its_bytes_its_key_and_its_host(tmp_path: pathlib.Path, key: str, children: Children) -> None:
    signature, other = tmp_path / "m.sig", make_key(tmp_path, name="other")
    signature.write_bytes(sign(b"papers", key, children))
    signers = allowed_signers(tmp_path / "allowed", key)
    assert check(b"papers", str(signature), signers, HOST, children)
    assert not check(b"papers!", str(signature), signers, HOST, children)
    assert not check(b"papers", str(signature), signers, "db2", children)
    assert not check(b"papers", str(signature), allowed_signers(tmp_path / "b", other), HOST, children)
    assert not check(b"papers", str(tmp_path / "absent"), signers, HOST, children)


def test_what_cannot_be_signed_is_told(tmp_path: pathlib.Path, children: Children) -> None:
    with pytest.raises(ManifestError) as caught:
        sign(b"papers", str(tmp_path / "absent"), children)
    assert caught.value.code == "signing.failed"
    assert caught.value.what.startswith(
        f"The manifest could not be signed with {tmp_path / 'absent'}: ssh-keygen ended with status "
    )


@pytest.mark.parametrize(
    "body", ["echo signed", "echo '-----BEGIN SSH SIGNATURE-----'; exit 1"], ids=["words", "status"]
)
def test_success_without_a_signature_and_a_signature_without_success_are_failures(
    tmp_path: pathlib.Path, children: Children, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    fake_tool(tmp_path / "bin", monkeypatch, body)
    with pytest.raises(ManifestError) as caught:
        sign(b"papers", str(tmp_path / "key"), children)
    assert caught.value.code == "signing.failed"


def demanded(signers: Signers, made: MadeSet) -> str:
    """The code of the refusal; empty when the set is believed."""
    manifest, raw = load(str(made.directory), NAME)
    try:
        signers.demand(manifest, raw, str(made.directory))
    except ManifestError as problem:
        assert problem.what.startswith(("The manifest of " + NAME, "The signature of " + NAME))
        assert str(made.directory) in problem.what
        said = ascii(manifest.data["host"])[:80]
        assert problem.code == "manifest.unsigned" or problem.what.endswith(f" is not one of the host {said}")
        return problem.code
    return ""


@pytest.mark.parametrize(("host", "code"), [("", ""), (HOST, ""), ("db2", "manifest.signature")])
def test_a_set_must_be_of_the_host_that_was_asked_for(
    tmp_path: pathlib.Path, made: MadeSet, key: str, children: Children, host: str, code: str
) -> None:
    path = tmp_path / "allowed"
    lines = [allowed_signers(path, key, name) and path.read_text(encoding="ascii") for name in (HOST, "db2")]
    path.write_text("".join(lines), encoding="ascii")
    assert demanded(Signers(str(path), children, host), made) == code


def test_a_set_without_signature_or_with_anything_but_a_file_for_it(
    tmp_path: pathlib.Path, made: MadeSet, key: str, children: Children
) -> None:
    signers = Signers(allowed_signers(tmp_path / "allowed", key), children)
    assert demanded(signers, made) == ""
    made.signature.rename(tmp_path / "elsewhere")
    assert demanded(signers, made) == "manifest.unsigned"
    made.signature.symlink_to(tmp_path / "elsewhere")
    assert demanded(signers, made) == "manifest.signature"


@pytest.mark.parametrize("host", ["-oProxyCommand=x", "a b", "*", "db1,db2", "", "x" * 254, None, 7])
def test_a_host_that_is_no_name_has_signed_nothing(
    tmp_path: pathlib.Path, key: str, children: Children, host: t.Any
) -> None:
    made = make_set(tmp_path / "odd", "SIMPEG", NAME, key=key, host=host)
    path = tmp_path / "allowed"
    path.write_text(f'* namespaces="nusantara-backup-manifest" {public_key(key)}\n', encoding="ascii")
    assert demanded(Signers(str(path), children), made) == "manifest.signature"


def test_signers_come_from_the_file_that_was_named(tmp_path: pathlib.Path, key: str, children: Children) -> None:
    path = allowed_signers(tmp_path / "allowed", key)
    with opened(path, "unused", "db9", children) as signers:
        assert signers == Signers(path, children, "db9")
    with opened("", "", HOST, children) as nobody:
        assert nobody is None
    with pytest.raises(ManifestError) as caught, opened(str(tmp_path / "absent"), key, HOST, children):
        raise AssertionError("it was opened")
    assert caught.value.code == "signing.signers"
    assert caught.value.what == f"The file of allowed signers {tmp_path / 'absent'} is not there"


def test_the_hosts_own_key_believes_its_own_sets_only(made: MadeSet, key: str, children: Children) -> None:
    with opened("", key, HOST, children) as signers:
        assert signers is not None and signers.host == HOST
        assert demanded(signers, made) == ""
        path = pathlib.Path(signers.path)
        line = path.read_text(encoding="ascii")
        assert mode(path) == 0o600
    assert line == f'{HOST} namespaces="nusantara-backup-manifest" {public_key(key)}\n'
    assert not path.exists()
    with opened("", key, "db2", children) as signers:
        assert signers is not None
        assert demanded(signers, made) == "manifest.signature"


@pytest.mark.parametrize("host", ["", "a b", "-x", "x" * 254, "db1\n"])
def test_a_key_needs_the_name_of_its_host(key: str, children: Children, host: str) -> None:
    with pytest.raises(ManifestError) as caught, opened("", key, host, children):
        raise AssertionError("it was opened")
    assert caught.value.code == "signing.host"
    assert caught.value.what == f"The host {ascii(host)[:80]} of the signing key is not a name of a host"


def test_the_longest_name_of_a_host(key: str, children: Children) -> None:
    with opened("", key, "x" * 253, children) as signers:
        assert signers is not None


def test_a_signature_that_the_disk_does_not_give_is_told_as_unreadable(
    tmp_path: pathlib.Path, made: MadeSet, key: str, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    signers = Signers(allowed_signers(tmp_path / "allowed", key), children)
    manifest, raw = load(str(made.directory), NAME)
    real = os.lstat

    def lstat(path: t.Any) -> os.stat_result:
        if path == str(made.signature):
            raise OSError(5, "Input/output error", path)
        return real(path)

    monkeypatch.setattr(os, "lstat", lstat)
    with pytest.raises(ManifestError) as caught:
        signers.demand(manifest, raw, str(made.directory))
    assert caught.value.code == "manifest.unreadable"
    assert caught.value.what == f"The signature {made.signature} cannot be read: Input/output error"

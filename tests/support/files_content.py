# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A source tree that has one of everything that tar can carry."""

from __future__ import annotations

import os
import pathlib
import stat
import subprocess

SPARSE_SIZE = 3 << 20
# Numbers of capabilities(7), as in linux/capability.h.
CAP_SYS_ADMIN = 21
CAP_MKNOD = 27


def small_tree(top: pathlib.Path) -> None:
    """Files of every kind that any user may make, and owners without an account where root makes it."""
    (top / "sub" / ("deep" * 30)).mkdir(parents=True)
    (top / "index.php").write_text("<?php echo 'halo';\n")
    (top / "empty").touch()
    (top / "sub" / "large").write_bytes(os.urandom(300_000))
    (top / "sub" / ("deep" * 30) / ("n" * 200)).write_text("long name\n")
    (top / "-rf new\nline").write_text("hostile\n")
    os.link(top / "index.php", top / "sub" / "zz-hard")
    (top / "link").symlink_to("index.php")
    (top / "dangling").symlink_to("../" + "x" * 150)
    os.mkfifo(top / "pipe")
    with (top / "sparse").open("wb") as sparse:
        sparse.truncate(SPARSE_SIZE)
        sparse.seek(SPARSE_SIZE // 2)
        sparse.write(b"in the middle")
    marked = top / "marked"
    marked.write_text("with attributes\n")
    os.setxattr(marked, "user.origin", b"a\x00b\nc")
    subprocess.run(["setfacl", "-m", "u:daemon:r,g:games:rw", str(marked)], check=True)
    # Owners without an account on this machine, as on a host that takes over from another one.
    if os.geteuid() == 0:
        os.chown(top / "sub", 54321, 54322)
        os.chown(top / "sub" / "large", 54323, 54324)
        os.chown(top / "link", 54325, 54326, follow_symlinks=False)
    (top / "index.php").chmod(0o4751)
    os.utime(top / "index.php", ns=(1_500_000_000_123_456_789, 1_500_000_000_123_456_789))


def full_tree(top: pathlib.Path) -> None:
    """The small one, and odd names, moments, rights and sizes."""
    small_tree(top)
    odd = top / "odd"
    odd.mkdir()
    for number, name in enumerate(
        (
            "añjing-データ-😀".encode(),
            b"not utf-8 \xff\xfe\xc3\x28",
            b"\\n\\t backslashes \\ \\\\",
            b"\x01\x1b[31m control \r\x7f",
            b" blanks ",
            b"--checkpoint-action=exec=id",
            b"star* [a] {b} ?'\"`$;|&",
            b"...",
            b"x" * 255,
        )
    ):
        (odd / os.fsdecode(name)).write_bytes(b"%d\n" % number)
    (odd / "link to odd").symlink_to(os.fsdecode(b"not utf-8 \xff\xfe\xc3\x28"))
    deep = top.joinpath(*["dalam " * 15] * 20)
    deep.mkdir(parents=True)
    (deep / "paling dalam").write_text("path of 1800 characters\n")
    times = top / "times"
    times.mkdir()
    for seconds in (-2_000_000_000, -1, 0, 1, 2**31, 2**32 + 5, 9_000_000_000):
        path = times / str(seconds)
        path.touch()
        os.utime(path, ns=(seconds * 10**9 + 1, seconds * 10**9 + 999_999_999))
    rights = top / "rights"
    rights.mkdir()
    for mode in (0o0, 0o111, 0o222, 0o444, 0o777, 0o1777, 0o2755, 0o4755, 0o6711):
        (rights / f"{mode:o}").touch()
        (rights / f"{mode:o}").chmod(mode)
    shared = rights / "shared"
    shared.mkdir()
    subprocess.run(["setfacl", "-d", "-m", "u:daemon:rwx,g::r-x", str(shared)], check=True)
    shared.chmod(0o3770)
    with (top / "holes").open("wb") as sparse:
        for position in (0, 1 << 20, 5 << 20, 9 << 30):
            sparse.seek(position)
            sparse.write(b"island")
    (top / "zeros").write_bytes(bytes(200_000))
    (top / "empty directory").mkdir(mode=0o700)
    # Containers seldom let even root make devices.
    if _may(CAP_MKNOD):
        os.mknod(top / "zero-device", stat.S_IFCHR | 0o640, os.makedev(1, 5))
        os.mknod(top / "loop-device", stat.S_IFBLK | 0o640, os.makedev(7, 3))
    if _may(CAP_SYS_ADMIN):
        os.setxattr(top / "zeros", "trusted.origin", b"root only")


def _may(capability: int) -> bool:
    """Whether the kernel gives this process the capability of that number."""
    words = pathlib.Path("/proc/self/status").read_text(encoding="ascii").split()
    return bool(int(words[words.index("CapEff:") + 1], 16) >> capability & 1)

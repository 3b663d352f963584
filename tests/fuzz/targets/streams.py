# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end checks and readers of streams by themselves, with arbitrary bytes in arbitrary pieces."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._engines import _tarlook, _tarwords
from ansible_collections.nusantara.backup.plugins.module_utils._engines._mariadb import _words as mariadb_words
from ansible_collections.nusantara.backup.plugins.module_utils._engines._mariadb._check import DumpCheck
from ansible_collections.nusantara.backup.plugins.module_utils._engines._postgresql import _words
from ansible_collections.nusantara.backup.plugins.module_utils._engines._postgresql._archive import ArchiveCheck
from ansible_collections.nusantara.backup.plugins.module_utils._engines._postgresql._text import GlobalsCheck
from ansible_collections.nusantara.backup.plugins.module_utils._engines._sqlite_file import SqliteCheck
from ansible_collections.nusantara.backup.plugins.module_utils._engines._tarcheck import TarCheck
from ansible_collections.nusantara.backup.plugins.module_utils._engines._tardigest import Digests

from ..strategies.programs import STATUS, STDERR
from ..strategies.streams import STREAMS
from ..strategies.text import chunked
from ..target import Place, Target

_RECORD = 128 * 512
CHECKS: t.Mapping[str, t.Callable[[], t.Any]] = {
    "tar": lambda: TarCheck(_RECORD, Digests()),
    "postgresql": ArchiveCheck,
    "globals": GlobalsCheck,
    "mariadb": DumpCheck,
    "sqlite": SqliteCheck,
}


def _verdict(check: t.Any, chunks: t.Iterable[bytes]) -> EngineError | None:
    try:
        for chunk in chunks:
            # As the pipeline gives them: a view of a buffer that is used again.
            buffer = bytearray(chunk)
            check.feed(memoryview(buffer))
            buffer[:] = b"?" * len(buffer)
        check.finish()
    except EngineError as problem:
        return problem
    return None


def _check(name: str) -> Target:
    def check(_place: Place, chunks: list[bytes]) -> t.Any:
        made = CHECKS[name]()
        pieces, whole = _verdict(made, chunks), _verdict(CHECKS[name](), [b"".join(chunks)])
        assert (pieces is None) == (whole is None), "the pieces decide"
        if pieces is not None:
            raise pieces
        digests = getattr(made, "_digests", None)
        return [[item.name, item.digest] for item in digests.objects()] if digests else None

    return Target(f"stream.{name}", chunked(STREAMS), check, 30)


def _tar_words(_place: Place, value: tuple[int, str]) -> t.Any:
    return [finding.as_dict() for finding in _tarwords.judge("/srv/www", *value)]


def _postgresql_words(_place: Place, value: tuple[int, str]) -> t.Any:
    status, said = value
    if status:
        raise _words.failure("Dumping database 'x'", said, "it ended")
    return [finding.as_dict() for finding in _words.warnings("x", said)]


def _mariadb_words(_place: Place, value: tuple[int, str]) -> t.Any:
    raise mariadb_words.failure("Reading x", value[1], f"it ended with status {value[0]}")


def _unescaped(_place: Place, text: str) -> None:
    assert isinstance(_tarlook.unescaped(text), bytes)


_FROM_TAR = st.one_of(st.binary(max_size=40), st.just(b"a\\777\\0")).map(
    lambda raw: raw.decode("utf-8", "surrogateescape")
)
_SAID = st.tuples(STATUS, STDERR)
TARGETS = (
    *(_check(name) for name in CHECKS),
    Target("words.tar", _SAID, _tar_words, 20),
    Target("words.postgresql", _SAID, _postgresql_words, 15),
    Target("words.mariadb", _SAID, _mariadb_words, 15),
    Target("words.escaped", _FROM_TAR, _unescaped, 5),
)

# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every engine of the registry with programs that say anything: its look, its streams, its judges, its end checks."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Protection, Source
from ansible_collections.nusantara.backup.plugins.module_utils._base._reader import Problems, Reader
from ansible_collections.nusantara.backup.plugins.module_utils._engines._base import Context, Probe
from ansible_collections.nusantara.backup.plugins.module_utils._engines._registry import ENGINES
from ansible_collections.nusantara.backup.plugins.module_utils._run._preflight import probe_source
from ansible_collections.nusantara.backup.plugins.module_utils._run._understood import Understood, streams_of
from ansible_collections.nusantara.backup.plugins.module_utils._sets._manifest import encode

from ..programs import Programs, Said
from ..strategies.programs import GOOD_LOOKS, LOOKS, PROGRAMS, STATUS, STDERR
from ..strategies.site import placed, valid_options
from ..strategies.streams import STREAMS
from ..strategies.text import chunked
from ..target import Place, Target


def _source(engine: str, options: t.Mapping[str, t.Any], root: str) -> Source:
    parsed = ENGINES[engine].parse(Reader(placed(dict(options), root), "", Problems()))
    return Source("SIMPEG", engine, parsed, (), (), Protection(encryption="none"))


def _looks(engine: str) -> Target:
    def look(place: Place, value: tuple[dict[str, t.Any], t.Sequence[Said]]) -> t.Any:
        options, said = value
        with place.fresh() as root, Programs(said) as programs:
            (root / "source").mkdir()
            (root / "work").mkdir()
            found = probe_source(_source(engine, options, str(root)), Context(programs, str(root / "work")))
            return _told(found)

    return Target(f"engine.{engine}.look", st.tuples(st.sampled_from(valid_options(engine)), LOOKS), look, 12)


def _told(probe: Probe) -> t.Any:
    return [finding.as_dict() for finding in probe.findings]


def _dumps(engine: str) -> Target:
    """The session of what a good look found, or of what an odd one would have found."""

    def dump(place: Place, value: tuple[t.Any, ...]) -> t.Any:
        options, looked, said, chunks, status, stderr, depth = value
        with place.fresh() as root, Programs([*looked, *said]) as programs:
            (root / "source").mkdir()
            (root / "work").mkdir()
            source = _source(engine, options, str(root))
            context = Context(programs, str(root / "work"), depth)
            probe = probe_source(source, context)
            findings = []
            with Understood("SIMPEG"), ENGINES[engine].open(source.options, probe, context) as session:
                for stream in streams_of(session, "SIMPEG"):
                    try:
                        for chunk in chunks:
                            stream.end_check.feed(memoryview(bytearray(chunk)))
                        findings += stream.judge(status, stderr)
                        stream.end_check.finish()
                    except EngineError as problem:
                        assert problem.what
                inventory = session.inventory()
                findings += session.findings()
            encode({"names": [[item.kind, item.name, item.database] for item in inventory.objects]})
            return [finding.as_dict() for finding in findings]

    values = st.tuples(
        st.sampled_from(valid_options(engine)),
        st.just(GOOD_LOOKS[engine]) if engine in GOOD_LOOKS else LOOKS,
        PROGRAMS,
        chunked(STREAMS),
        STATUS,
        STDERR,
        st.sampled_from(["objects", "rows", "digests"]),
    )
    return Target(f"engine.{engine}.dump", values, dump, 8)


TARGETS = (*(_looks(name) for name in sorted(ENGINES)), *(_dumps(name) for name in sorted(ENGINES)))

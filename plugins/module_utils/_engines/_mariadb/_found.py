# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the preflight hands on to the dump."""

from __future__ import annotations

import dataclasses
import typing as t

from .._base import Probe
from ._clients import Clients

NO_CLIENTS = Clients("", "", "", (0, 0))


@dataclasses.dataclass(frozen=True)
class Found(Probe):
    """A `Probe` with what only this engine's dump needs.

    ``encodings`` are character set and collation of each database,
    ``transactional`` the storage engines that a snapshot covers, ``broken`` the
    views that the dump would stop at, ``moving`` how many tables no snapshot
    covers, ``history`` whether rows of earlier times are dumped, and ``approximate`` why the inventory cannot be exact.
    """

    clients: Clients = NO_CLIENTS
    encodings: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    transactional: frozenset[str] = frozenset()
    broken: tuple[tuple[str, str], ...] = ()
    moving: int = 0
    history: bool = False
    approximate: str = ""

# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads the core so that every boundary asks before it is crossed. Nothing of the core is changed on the disk."""

from __future__ import annotations

import builtins
import functools
import importlib.abc
import importlib.machinery
import os
import sys
import types
import typing as t

from .boundaries import HOOK, Source

CORE = "ansible_collections.nusantara.backup.plugins.module_utils."
_BASE = CORE + "_base."


class Gatekeeper(t.Protocol):
    """What stands at the border."""

    def __call__(self, name: str, cross: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        """What is called in the place of ``cross`` at the boundary of that name."""


def install(keeper: Gatekeeper, cache: str, *, impatient: bool) -> None:
    """From now on modules of the core are loaded with their boundaries watched."""
    setattr(builtins, HOOK, keeper)
    sys.pycache_prefix = os.path.join(cache, "impatient" if impatient else "patient")
    sys.dont_write_bytecode = False
    sys.meta_path.insert(0, _Finder(impatient))


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, impatient: bool) -> None:
        self._impatient = impatient

    def find_spec(self, fullname: str, path: t.Any, target: t.Any = None) -> importlib.machinery.ModuleSpec | None:
        if not fullname.startswith(CORE):
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = Loader(fullname, spec.loader.path, impatient=self._impatient)
        return spec


class Loader(importlib.machinery.SourceFileLoader):
    """Compiles the watched form of a module; Python keeps it for the next process, as any other."""

    def __init__(self, fullname: str, path: str, *, impatient: bool) -> None:
        super().__init__(fullname, path)
        self._impatient = impatient

    def source_to_code(self, data: t.Any, path: t.Any, **options: t.Any) -> types.CodeType:
        source = Source(bytes(data).decode(), self.name[len(CORE) :], impatient=self._impatient)
        return compile(source.tree, path, "exec")


def way() -> str:
    """Who makes the base of the core cross the border: the nearest function that is not of the base itself."""
    frame = sys._getframe(2)
    inner = ""
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith(CORE):
            where = f"{module[len(CORE) :]}.{_qualified(frame.f_code)}"
            if not module.startswith(_BASE):
                return where
            inner = where
        frame = t.cast(types.FrameType, frame.f_back)
    return inner


@functools.cache
def _qualified(code: types.CodeType) -> str:
    return str(getattr(code, "co_qualname", code.co_name)).replace("<locals>.", "")

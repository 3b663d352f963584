# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  host:
    description: The name of this host in manifests and reports. The system's own name by default.
    type: str
  timezone:
    description: IANA name of the site's zone, for example V(Asia/Jakarta), which is the default.
    type: str
  building:
    description: The building in which this host stands. Reports use it to see whether a copy lies in another one.
    type: str
  store:
    description: Local store of the host. V(/var/backups/nusantara) by default.
    type: path
  state:
    description: Journal, locks, receipts and working files. V(/var/lib/nusantara-backup) by default.
    type: path
  style:
    description: Style of names, V(compact) (default) or V(dashed), see P13.3.
    type: str
  process_letter:
    description: Whether names carry the process letter, V(A) for scheduled and V(M) for incidental runs.
    type: bool
  window_end:
    description: Local time at which the night ends. A run after it is late. V(06:00) by default.
    type: str
  signing_key:
    description:
      - Private key that signs the manifests of this host. It is made by the first run where it does not exist.
      - C(keys/manifest) below O(state) by default.
    type: path
  compression:
    description: V(zstd) (default), V(gzip) or V(none). A source may set its own.
    type: str
  level:
    description: Level of the compression, V(3) by default. A source may set its own.
    type: int
  encryption:
    description:
      - V(age) (default) or V(none). A source may set its own.
      - V(none) is shown in every report.
    type: str
  recipients:
    description: Public age recipients, at least two, one of them the escrow key. A source may set its own.
    type: list
    elements: str
  proof:
    description:
      - V(stored) (default) reads every artifact back from the disk and compares its hash.
      - V(open) also opens it with a key that lives in memory only, and compares the plain hash.
    type: str
  inventory:
    description: Depth of the inventory in the manifest, V(objects), V(rows) (default) or V(digests).
    type: str
  sources:
    description:
      - What is backed up. Every source has a C(name) (1 to 40 letters, digits, hyphens and underscores, unique in
        the site), an C(engine), the options of the engine, C(media), and either C(plan) or C(frequency) with C(day)
        and C(at).
      - The options of each engine are described in C(docs/engines) of the collection.
      - All problems of a configuration are reported at once, each with its path.
    type: list
    elements: dict
    required: true
  media:
    description:
      - Stores that copies go to. Each has a C(name), a C(kind), a C(path) and the C(building) where it stands.
    type: list
    elements: dict
    default: []
  groups:
    description:
      - Sources that are dumped in one maintenance window. Each group has a C(name), and C(before), C(after) or both,
        which are programs as lists of words. A source belongs to one by its C(group).
      - C(docs/hooks.md) of the collection describes them.
    type: list
    elements: dict
    default: []
  at:
    description:
      - Pretend that it is this moment, in ISO 8601 with an offset. For demonstrations, tests and catching up.
    type: str
    default: ""
"""

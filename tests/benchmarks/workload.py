# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up but plausible data of a wished size: a personnel database, and a tree of files of mixed sizes."""

from __future__ import annotations

import random
import typing as t
from pathlib import Path

from tests.support.postgres import Cluster

DATABASE = "simpeg"
_ROWS_PER_MB = 3000
_WORDS = 2_000_000  # 20 MB of text, far more than a compressor's window

_SCHEMA = """
CREATE TABLE unit_kerja (id int PRIMARY KEY, nama text NOT NULL);
CREATE TABLE pegawai (id int PRIMARY KEY, nip text NOT NULL, nama text NOT NULL, lahir date NOT NULL,
  unit int NOT NULL, golongan text NOT NULL, alamat text NOT NULL, surel text);
CREATE TABLE presensi (id bigint PRIMARY KEY, pegawai int NOT NULL, masuk timestamptz NOT NULL,
  pulang timestamptz, mesin text NOT NULL, kode text NOT NULL);
CREATE TABLE surat (id int PRIMARY KEY, nomor text NOT NULL, perihal text NOT NULL, isi text NOT NULL,
  sidik text NOT NULL);
CREATE TABLE gaji (id bigint PRIMARY KEY, pegawai int NOT NULL, bulan date NOT NULL, pokok numeric(12,2) NOT NULL,
  tunjangan numeric(12,2) NOT NULL, potongan numeric(12,2) NOT NULL);
"""

# One ``unit`` of rows makes one megabyte of dump, spread over tables that are long, wide and narrow.
_FILL = """
SELECT setseed(0.5);
INSERT INTO unit_kerja SELECT n, 'Bidang ' || n FROM generate_series(1, 40) AS n;
INSERT INTO pegawai SELECT n, lpad((n * 7919::bigint %% 100000000)::text, 18, '1987'),
  (ARRAY['Siti','Budi','Dewi','Agus','Rina','Joko','Putri','Hadi'])[1 + n %% 8] || ' ' ||
  (ARRAY['Santoso','Wulandari','Pratama','Lestari','Hidayat','Siregar'])[1 + n %% 6] || ' ' || to_hex(n),
  date '1960-01-01' + n %% 14000, 1 + n %% 40, (ARRAY['II/a','II/c','III/a','III/b','IV/a'])[1 + n %% 5],
  'Jalan Melati ' || n %% 300 || ' RT ' || n %% 12 || ' RW ' || n %% 9, 'p' || n || '@example.org'
  FROM generate_series(1, %(rows)d / 20) AS n;
INSERT INTO presensi SELECT n, 1 + n %% 20000, timestamptz '2024-01-01 07:00+07' + n * interval '11 seconds',
  timestamptz '2024-01-01 16:00+07' + n * interval '11 seconds' + random() * interval '1 hour',
  'mesin-' || n %% 17, md5(n::text) FROM generate_series(1, %(rows)d) AS n;
INSERT INTO surat SELECT n, '800/' || n || '/BKD/2026', 'Usul kenaikan pangkat nomor ' || n,
  (SELECT string_agg((ARRAY['Dengan hormat, bersama ini kami sampaikan usulan pegawai negeri sipil',
   'untuk diproses sesuai ketentuan yang berlaku', 'sebagai bahan pertimbangan terlampir berkas asli',
   'atas perhatian Saudara kami ucapkan terima kasih', 'menindaklanjuti surat kepala badan nomor'])
   [1 + floor(random() * 5)::int] || ' ' || (random() * 1e9)::int + n * 0 * w, ' ') FROM generate_series(1, 9) AS w),
  md5('a' || n) || md5('b' || n) || md5('c' || n)
  FROM generate_series(1, %(rows)d / 4) AS n;
INSERT INTO gaji SELECT n, 1 + n %% 20000, date '2020-01-01' + (n %% 80)::int * 30, 2500000 + n %% 4000000,
  round((random() * 3000000)::numeric, 2), round((random() * 400000)::numeric, 2)
  FROM generate_series(1, %(rows)d) AS n;
VACUUM ANALYZE;
"""


def fill_database(cluster: Cluster, megabytes: int) -> None:
    """Make the database; its dump has at least ``megabytes`` MB (10^6 bytes)."""
    cluster.create(DATABASE)
    cluster.sql(DATABASE, _SCHEMA)
    # By portions: the server of the tests answers each script within its time limit.
    for statement in (_FILL % {"rows": megabytes * _ROWS_PER_MB}).split(";\n"):
        if statement.strip():
            cluster.sql(DATABASE, statement)


def make_tree(root: Path, megabytes: int) -> None:
    """A source tree: half of its bytes in small files of text, a third in scans, the rest in a few large ones."""
    chance = random.Random(20261120)
    words = ("berkas", "pegawai", "surat", "keputusan", "lampiran", "nomor", "tanggal", "function", "return", "class")
    text = " ".join(f"{chance.choice(words)} {chance.randrange(10**4)}" for _word in range(_WORDS)).encode()

    def written(size: int) -> bytes:
        start = chance.randrange(len(text))
        return (text[start : start + size] + text * (size // len(text) + 1))[:size]

    budget = megabytes * 1_000_000
    _files(root / "aplikasi", budget // 2, (300, 60_000), written, chance)
    _files(root / "pindaian", budget // 3, (200_000, 3_000_000), chance.randbytes, chance)
    rest = budget - budget // 2 - budget // 3
    _files(root / "arsip", rest, (rest // 4, rest // 3), written, chance)


def _files(
    root: Path, budget: int, sizes: tuple[int, int], make: t.Callable[[int], bytes], chance: random.Random
) -> None:
    number = 0
    while budget > 0:
        size = min(chance.randint(*sizes), budget)
        directory = root / f"{number % 50:02}"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"{number:06}.dat").write_bytes(make(size))
        budget -= size
        number += 1

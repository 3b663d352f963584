# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The made-up personnel database of `workload` for MariaDB, of a wished size."""

from __future__ import annotations

from tests.benchmarks.workload import DATABASE
from tests.support.mariadb import Server

_ROWS_PER_MB = 3000
# The server of the tests answers each script within its time limit.
_PORTION = 300_000

_SCHEMA = """
CREATE TABLE unit_kerja (id int PRIMARY KEY, nama varchar(80) NOT NULL);
CREATE TABLE pegawai (id int PRIMARY KEY, nip varchar(18) NOT NULL, nama varchar(80) NOT NULL, lahir date NOT NULL,
  unit int NOT NULL, golongan varchar(5) NOT NULL, alamat varchar(120) NOT NULL, surel varchar(80));
CREATE TABLE presensi (id bigint PRIMARY KEY, pegawai int NOT NULL, masuk datetime NOT NULL, pulang datetime,
  mesin varchar(20) NOT NULL, kode varchar(32) NOT NULL);
CREATE TABLE surat (id int PRIMARY KEY, nomor varchar(40) NOT NULL, perihal varchar(120) NOT NULL, isi text NOT NULL,
  sidik varchar(96) NOT NULL);
CREATE TABLE gaji (id bigint PRIMARY KEY, pegawai int NOT NULL, bulan date NOT NULL, pokok decimal(12,2) NOT NULL,
  tunjangan decimal(12,2) NOT NULL, potongan decimal(12,2) NOT NULL);
INSERT INTO unit_kerja SELECT seq, CONCAT('Bidang ', seq) FROM seq_1_to_40;
"""

# Each makes its rows from the numbers of one portion; one row in so many of the whole.
_FILL = (
    (
        20,
        (
            "INSERT INTO pegawai SELECT seq, CONCAT('1987', LPAD(seq * 7919 % 100000000, 14, '0')),"
            " CONCAT(ELT(1 + seq % 8, 'Siti', 'Budi', 'Dewi', 'Agus', 'Rina', 'Joko', 'Putri', 'Hadi'), ' ',"
            " ELT(1 + seq % 6, 'Santoso', 'Wulandari', 'Pratama', 'Lestari', 'Hidayat', 'Siregar'), ' ', HEX(seq)),"
            " '1960-01-01' + INTERVAL seq % 14000 DAY, 1 + seq % 40,"
            " ELT(1 + seq % 5, 'II/a', 'II/c', 'III/a', 'III/b', 'IV/a'),"
            " CONCAT('Jalan Melati ', seq % 300, ' RT ', seq % 12, ' RW ', seq % 9), CONCAT('p', seq, '@example.org')"
        ),
    ),
    (
        1,
        (
            "INSERT INTO presensi SELECT seq, 1 + seq % 20000, '2024-01-01 07:00' + INTERVAL seq * 11 SECOND,"
            " '2024-01-01 16:00' + INTERVAL seq * 11 + FLOOR(RAND(seq) * 3600) SECOND, CONCAT('mesin-', seq % 17),"
            " MD5(seq)"
        ),
    ),
    (
        4,
        (
            "INSERT INTO surat SELECT seq, CONCAT('800/', seq, '/BKD/2026'),"
            " CONCAT('Usul kenaikan pangkat nomor ', seq),"
            " CONCAT_WS(' ', {sentences}), CONCAT(MD5(CONCAT('a', seq)), MD5(CONCAT('b', seq)), MD5(CONCAT('c', seq)))"
        ),
    ),
    (
        1,
        (
            "INSERT INTO gaji SELECT seq, 1 + seq % 20000, '2020-01-01' + INTERVAL (seq % 80) * 30 DAY,"
            " 2500000 + seq % 4000000, ROUND(RAND(seq) * 3000000, 2), ROUND(RAND(seq + 7) * 400000, 2)"
        ),
    ),
)
_SENTENCE = (
    "ELT(1 + FLOOR(RAND(seq * 9 + {0}) * 5), 'Dengan hormat, bersama ini kami sampaikan usulan pegawai negeri sipil',"
    " 'untuk diproses sesuai ketentuan yang berlaku', 'sebagai bahan pertimbangan terlampir berkas asli',"
    " 'atas perhatian Saudara kami ucapkan terima kasih', 'menindaklanjuti surat kepala badan nomor'),"
    " FLOOR(RAND(seq * 11 + {0}) * 1000000000)"
)


def fill_database(server: Server, megabytes: int) -> None:
    """Make the database; its dump has at least ``megabytes`` MB (10^6 bytes)."""
    server.create(DATABASE)
    server.sql(DATABASE, _SCHEMA)
    sentences = ", ".join(_SENTENCE.format(number) for number in range(9))
    for share, statement in _FILL:
        last = megabytes * _ROWS_PER_MB // share
        for first in range(1, last + 1, _PORTION):
            numbers = f"seq_{first}_to_{min(first + _PORTION - 1, last)}"
            server.sql(DATABASE, f"{statement.format(sentences=sentences)} FROM {numbers};")
    server.sql(DATABASE, "ANALYZE TABLE unit_kerja, pegawai, presensi, surat, gaji;")

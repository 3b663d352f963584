# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A SQLite database that has one of everything: every storage class and every kind of object."""

from __future__ import annotations

CONTENT = r"""
PRAGMA foreign_keys = OFF;
PRAGMA user_version = 7;
PRAGMA application_id = 1852142192;
CREATE TABLE semua (id INTEGER PRIMARY KEY AUTOINCREMENT, apa, i INTEGER, r REAL, t TEXT, b BLOB, n NUMERIC);
INSERT INTO semua VALUES
  (1, NULL, NULL, NULL, NULL, NULL, NULL), (2, 9e999, 9223372036854775807, -9e999, '', x'', '0123.4500'),
  (3, 9e999 - 9e999, -9223372036854775808, 5e-324, 'NUL ' || char(0) || ' sesudah', x'00ff0027220a', 1e400),
  (4, 1, '12', 1.7976931348623157e308, '😀 ꦲꦏ꧀ꦱꦫ' || char(10) || char(13) || '''"\', zeroblob(70000), -0.0),
  (5, 1.0, 'bukan angka', 0.1, 12345678901234567890, 'teks di BLOB', x'31'), (6, '1', 1.5, '1', x'f09f98', 1, ' 7 '),
  (41, x'31', 0, 0, CAST(x'c328' AS TEXT), randomblob(0), 1e15);
DELETE FROM semua WHERE id = 41;
INSERT INTO semua (id, apa) VALUES (9007199254740993, 'di atas 2^53');
CREATE TABLE hitungan (a INTEGER, maya INTEGER AS (a * 2) VIRTUAL, simpan TEXT GENERATED ALWAYS AS ('x' || a) STORED,
  CHECK (a < 100), UNIQUE (simpan) ON CONFLICT IGNORE);
INSERT INTO hitungan (a) VALUES (1), (-2), (NULL);
CREATE TABLE ketat (i INT, r REAL, t TEXT DEFAULT ('x' || 'y'), b BLOB, a ANY, PRIMARY KEY (i)) STRICT;
INSERT INTO ketat VALUES (1, 1, 'satu', x'01', '007'), (2, 9e999, '', x'', 7.0);
CREATE TABLE kode (negara TEXT COLLATE NOCASE, nomor INT, arti TEXT, PRIMARY KEY (nomor DESC, negara))
  STRICT, WITHOUT ROWID;
INSERT INTO kode VALUES ('id', 62, 'Indonesia'), ('my', 60, NULL);
CREATE TABLE lingkar_a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES lingkar_b (id) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE lingkar_b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES lingkar_a (id) ON DELETE CASCADE);
INSERT INTO lingkar_a VALUES (1, 1);
INSERT INTO lingkar_b VALUES (1, 1);
CREATE TABLE "odd ""name"";--" ("a b" INT, "ñ データ 😀" TEXT, rowid, [kurung], `balik`);
INSERT INTO "odd ""name"";--" VALUES (1, 'satu', 2, 3, 4), (NULL, '', -1, x'00', 2.5);
CREATE TABLE "añjing-データ" (x);
INSERT INTO "añjing-データ" VALUES (1), (1), (NULL), (NULL);
CREATE TABLE kosong (a);
CREATE TABLE besar (id INTEGER PRIMARY KEY, isi TEXT);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
  INSERT INTO besar SELECT i, 'Nama ke-' || i || ' ' || hex(zeroblob(40)) FROM n;
INSERT INTO besar VALUES (-5, 'minus'), (5000, NULL);
CREATE TABLE catatan (apa TEXT);
CREATE INDEX besar_sebagian ON besar (isi DESC) WHERE id > 10;
CREATE INDEX semua_hitung ON semua (length(t), i);
CREATE UNIQUE INDEX "indeks ""aneh"" x" ON "odd ""name"";--" ("a b");
CREATE VIEW v_dasar AS SELECT apa, count(*) AS banyak FROM semua GROUP BY apa;
CREATE VIEW "v atas" (a, "b c") AS SELECT apa, banyak FROM v_dasar WHERE banyak > 0;
CREATE TRIGGER tertib AFTER UPDATE OF apa ON semua WHEN old.apa <> new.apa BEGIN
  INSERT INTO catatan VALUES ('; END; ' || old.id); SELECT 1; -- komentar
END;
CREATE TRIGGER ganti INSTEAD OF INSERT ON v_dasar BEGIN INSERT INTO semua (apa) VALUES (new.apa); END;
CREATE VIRTUAL TABLE cari USING fts5(judul, isi, tokenize = 'unicode61');
INSERT INTO cari VALUES ('surat', 'isi surat 😀'), ('nota', '');
CREATE VIRTUAL TABLE petak USING rtree(id, x0, x1, y0, y1);
INSERT INTO petak VALUES (1, 0, 1, 0, 1), (2, -6.2, 106.8, 1, 2);
ANALYZE;
"""
TOTALS = {"table": 11, "view": 2, "trigger": 2, "index": 3, "virtual table": 2}

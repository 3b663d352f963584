# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database that has one of everything that a dump must carry."""

from __future__ import annotations

ROLES = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pemilik Ω') THEN CREATE ROLE "pemilik Ω"; END IF;
END $$;
"""
CONTENT = r"""
CREATE EXTENSION hstore;
CREATE SCHEMA "Kepegawaian ""inti"" x";
CREATE TYPE suasana AS ENUM ('senang', 'sedih');
CREATE TYPE alamat AS (jalan text, nomor int);
CREATE DOMAIN nip AS text CHECK (VALUE ~ '^[0-9]+$');
CREATE SEQUENCE urut START 41;
SELECT nextval('urut');
CREATE TABLE semua (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, teks text, biner bytea, j json, jb jsonb, larik int[],
  larik2 text[][], pecahan double precision, kecil real, angka numeric, waktu timestamptz, tanggal date, jam timetz,
  selang interval, rentang int4range, suasana suasana, alamat alamat, nip nip, uuid uuid, inet inet, bit bit varying,
  xml xml, ts tsvector, h hstore, uang money, titik point,
  ganda numeric GENERATED ALWAYS AS (angka * 2) STORED
);
INSERT INTO semua (teks, biner, j, jb, larik, larik2, pecahan, kecil, angka, waktu, tanggal, jam, selang, rentang,
  suasana, alamat, nip, uuid, inet, bit, xml, ts, h, uang, titik) VALUES
  ('😀 ꦲꦏ꧀ꦱꦫ tab' || E'\t' || 'baris' || E'\n' || '\.' || E'\r\\', '\x0000000000ff0001', '{"a":  1}', '{"b": [null]}',
   '{1,NULL,3}', '{{"a,b","c\"d"},{"NULL",""}}', 'NaN', 'Infinity', 'NaN', '2026-11-20 23:59:59.999999+07', 'infinity',
   '24:00:00+09', '-1 year 3 days -00:00:00.000001', '[1,10)', 'sedih', ROW('Jl. "A", B', 5), '007',
   '00000000-0000-0000-0000-000000000001', '::1/128', B'0101', '<a>&amp;</a>', 'kucing:3A', 'a=>NULL, "b c"=>d',
   1234.5, '(1e-300,-0)'),
  ('', '', NULL, 'null', '{}', NULL, '-Infinity', '1e-40', 12345678901234567890.000100, '4713-01-01 00:00:00 BC',
   '-infinity', NULL, '0', 'empty', NULL, NULL, NULL, NULL, NULL, B'', NULL, '', '', -0.01, NULL),
  (NULL, NULL, NULL, NULL, NULL, NULL, 0.1, 0.1, 'Infinity', '0044-03-15 BC', NULL, NULL, NULL, NULL, NULL, NULL, NULL,
   NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE besar AS SELECT g AS id, repeat(md5(g::text), 40) AS isi FROM generate_series(1, 3000) AS g;
CREATE INDEX besar_id ON besar (id);
CREATE TABLE enam AS SELECT repeat('x', 65535) AS b, repeat('y', 16777210) AS c;
CREATE TABLE kosong ();
CREATE TABLE hanya_baris ();
INSERT INTO hanya_baris DEFAULT VALUES;
CREATE TABLE "Kepegawaian ""inti"" x"."r" (r int, "a b; DROP TABLE x --" text);
INSERT INTO "Kepegawaian ""inti"" x"."r" VALUES (1, 'satu'), (2, 'dua'), (2, 'dua');
CREATE TABLE bagian (tahun int, nilai text) PARTITION BY LIST (tahun);
CREATE TABLE bagian_2025 PARTITION OF bagian FOR VALUES IN (2025);
CREATE TABLE bagian_lain PARTITION OF bagian DEFAULT;
INSERT INTO bagian SELECT 2024 + g % 3, g FROM generate_series(1, 30) AS g;
CREATE TABLE induk (a int);
CREATE TABLE anak (b int) INHERITS (induk);
INSERT INTO induk VALUES (1);
INSERT INTO anak VALUES (2, 3);
CREATE TABLE lingkar_a (id int PRIMARY KEY, b int);
CREATE TABLE lingkar_b (id int PRIMARY KEY, a int REFERENCES lingkar_a);
ALTER TABLE lingkar_a ADD FOREIGN KEY (b) REFERENCES lingkar_b DEFERRABLE INITIALLY DEFERRED;
BEGIN; INSERT INTO lingkar_a VALUES (1, 1); INSERT INTO lingkar_b VALUES (1, 1); COMMIT;
CREATE VIEW ringkas AS SELECT tahun, count(*) FROM bagian GROUP BY tahun;
CREATE MATERIALIZED VIEW tersimpan AS SELECT tahun, count(*) FROM bagian GROUP BY tahun;
CREATE FUNCTION tolak() RETURNS trigger LANGUAGE plpgsql AS
  $f$ BEGIN IF NEW.r < 0 THEN RAISE 'negatif'; END IF; RETURN NEW; END $f$;
CREATE PROCEDURE diam(x int) LANGUAGE sql AS 'SELECT 1';
CREATE TRIGGER jaga BEFORE INSERT ON "Kepegawaian ""inti"" x"."r" FOR EACH ROW EXECUTE FUNCTION tolak();
CREATE TABLE rahasia (pemilik text, isi text);
INSERT INTO rahasia VALUES ('a', '1'), ('b', '2');
ALTER TABLE rahasia ENABLE ROW LEVEL SECURITY;
ALTER TABLE rahasia OWNER TO "pemilik Ω";
ALTER TABLE rahasia FORCE ROW LEVEL SECURITY;
CREATE POLICY milik ON rahasia USING (pemilik = current_user);
CREATE UNLOGGED TABLE sementara (a int);
INSERT INTO sementara VALUES (7);
SELECT lo_from_bytea(0, decode(repeat('00', 100000), 'hex')), lo_from_bytea(0, ''), lo_from_bytea(0, '\x010203');
COMMENT ON TABLE semua IS 'komentar '' dengan kutip';
"""
ROWS = {
    "public.semua": 3,
    "public.besar": 3000,
    "public.enam": 1,
    "public.kosong": 0,
    "public.hanya_baris": 1,
    '"Kepegawaian ""inti"" x".r': 3,
    "public.bagian_2025": 10,
    "public.bagian_lain": 20,
    "public.induk": 1,
    "public.anak": 1,
    "public.lingkar_a": 1,
    "public.lingkar_b": 1,
    "public.rahasia": 2,
    "public.sementara": 1,
}
LARGE_OBJECTS = 3

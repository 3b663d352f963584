# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What MySQL has beyond MariaDB: to be run after `mariadb_content.CONTENT` in the same database."""

from __future__ import annotations

SPECIAL = r"""
SET NAMES utf8mb4; SET time_zone = '+00:00';
DELIMITER ;;
CREATE TABLE vektor (id INT PRIMARY KEY, v VECTOR(3) NOT NULL);;
INSERT INTO vektor VALUES (1, STRING_TO_VECTOR('[1,2.5,-3e10]')), (2, STRING_TO_VECTOR('[0,0.1,1e-30]'));;
CREATE TABLE dokumen_biner (id INT PRIMARY KEY, j JSON NOT NULL, nama VARCHAR(20) GENERATED ALWAYS AS
  (j ->> '$.nama') VIRTUAL, KEY isi ((CAST(j -> '$.n' AS UNSIGNED ARRAY))), CHECK (JSON_VALID(j)));;
INSERT INTO dokumen_biner (id, j) VALUES (1, '{"n": [1, 2], "nama": "Siti 😀"}'),
  (2, JSON_OBJECT('waktu', CAST('2026-11-20 00:00:00.000001' AS DATETIME(6)), 'd', 18446744073709551615));;
CREATE TABLE ruang_bumi (id INT PRIMARY KEY, p POINT NOT NULL SRID 4326, SPATIAL KEY letak (p));;
INSERT INTO ruang_bumi VALUES (1, ST_GeomFromText('POINT(-6.2 106.8)', 4326));;
CREATE TABLE fungsi (id INT PRIMARY KEY, nama VARCHAR(40), KEY kecil ((LOWER(nama))), KEY sembunyi (nama) INVISIBLE,
  KEY turun (nama DESC, id), KEY ganda ((id * 2), nama(5)));;
INSERT INTO fungsi VALUES (1, 'Satu'), (2, NULL);;
CREATE TABLE kunci_gaib (isi TEXT, lama DATETIME DEFAULT (NOW() - INTERVAL 1 DAY) INVISIBLE);;
INSERT INTO kunci_gaib (isi, lama) VALUES ('a', '2026-01-01 00:00:00'), ('b', NULL);;
CREATE TABLE urutan_baru (a VARCHAR(50) COLLATE utf8mb4_0900_ai_ci, b VARCHAR(50) COLLATE utf8mb4_0900_bin,
  c VARCHAR(20) COLLATE utf8mb4_ja_0900_as_cs) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_as_cs;;
INSERT INTO urutan_baru VALUES ('Straße', '😀', '表ソ');;
CREATE TABLE tak_ditegakkan (a INT, CONSTRAINT lunak CHECK (a > 0) NOT ENFORCED);;
INSERT INTO tak_ditegakkan VALUES (-1);;
DELIMITER ;
"""
PLAIN_TABLES = """
CREATE TABLE t_arsip (id INT, isi TEXT) ENGINE = ARCHIVE;
INSERT INTO t_arsip VALUES (1, 'arsip');
"""
ACCOUNTS = r"""
CREATE USER 'soket'@'localhost' IDENTIFIED WITH caching_sha2_password BY 'pw''x' PASSWORD HISTORY 5
  FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME 2 ATTRIBUTE '{"email": "a@example.org"}';
SET DEFAULT ROLE peran_baca TO 'pemilik'@'localhost';
GRANT BACKUP_ADMIN, SHOW_ROUTINE ON *.* TO 'soket'@'localhost' WITH GRANT OPTION;
"""
NO_ACCOUNTS = "DROP USER IF EXISTS 'soket'@'localhost';"

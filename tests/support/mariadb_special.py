# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What MariaDB has beyond MySQL: to be run after `mariadb_content.CONTENT` in the same database."""

from __future__ import annotations

SPECIAL = r"""
SET NAMES utf8mb4; SET time_zone = '+00:00';
DELIMITER ;;
CREATE TABLE alamat (u UUID PRIMARY KEY, i6 INET6, i4 INET4);;
INSERT INTO alamat VALUES ('00000000-0000-0000-0000-000000000001', '::1', '0.0.0.0'),
  ('ffffffff-ffff-4fff-bfff-ffffffffffff', 'fe80::ffff:1.2.3.4', '255.255.255.255'),
  ('123e4567-e89b-12d3-a456-426655440000', NULL, NULL);;
CREATE TABLE padat (id INT PRIMARY KEY, x TEXT COMPRESSED, b BLOB COMPRESSED) ROW_FORMAT = COMPRESSED;;
INSERT INTO padat VALUES (1, REPEAT('padat ', 9000), REPEAT(0x00, 60000)), (2, '', NULL);;
CREATE TABLE halaman (id INT PRIMARY KEY, x TEXT) PAGE_COMPRESSED = 1;;
INSERT INTO halaman VALUES (1, 'halaman');;
CREATE TABLE berlaku (id INT, a DATE, b DATE, PERIOD FOR masa (a, b), UNIQUE KEY (id, masa WITHOUT OVERLAPS));;
INSERT INTO berlaku VALUES (1, '2026-01-01', '2026-02-01'), (1, '2026-02-01', '9999-12-31');;
CREATE TABLE abaikan (id INT PRIMARY KEY, x INT, KEY jarang (x) IGNORED, KEY turun (id DESC));;
INSERT INTO abaikan VALUES (1, 1);;
CREATE SEQUENCE urut START WITH 41 INCREMENT BY 2 MINVALUE -5 MAXVALUE 1000000 CACHE 10 CYCLE;;
SELECT NEXTVAL(urut), NEXTVAL(urut);;
CREATE SEQUENCE `urut ``belum``` NOCACHE;;
CREATE TABLE dari_urut (id BIGINT PRIMARY KEY DEFAULT NEXTVAL(urut), isi TEXT);;
INSERT INTO dari_urut (isi) VALUES ('dari urutan');;
SET timestamp = 1700000000.123456;;
CREATE TABLE sejarah (id INT PRIMARY KEY, gaji INT, catatan TEXT WITHOUT SYSTEM VERSIONING) WITH SYSTEM VERSIONING;;
INSERT INTO sejarah VALUES (1, 100, 'a'), (2, 200, 'b'), (3, 300, 'c');;
SET timestamp = 1700000100.5;;
UPDATE sejarah SET gaji = gaji + 1 WHERE id < 3;;
SET timestamp = 1700000200.25;;
DELETE FROM sejarah WHERE id = 3;;
SET timestamp = 1700000000;;
CREATE TABLE sejarah_kolom (id INT, isi TEXT, dari TIMESTAMP(6) GENERATED ALWAYS AS ROW START,
  sampai TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (dari, sampai)) WITH SYSTEM VERSIONING;;
INSERT INTO sejarah_kolom (id, isi) VALUES (1, 'dulu');;
SET timestamp = 1700000300;;
UPDATE sejarah_kolom SET isi = 'kini';;
SET timestamp = DEFAULT;;
SET sql_mode = 'ORACLE';;
CREATE PACKAGE paket AS FUNCTION f RETURN INT; END;;
CREATE PACKAGE BODY paket AS FUNCTION f RETURN INT AS BEGIN RETURN 1; END; END;;
SET sql_mode = DEFAULT;;
CREATE AGGREGATE FUNCTION jumlahkan (x INT) RETURNS INT BEGIN
  DECLARE s INT DEFAULT 0; DECLARE CONTINUE HANDLER FOR NOT FOUND RETURN s;
  LOOP FETCH GROUP NEXT ROW; SET s = s + x; END LOOP; END;;
DELIMITER ;
"""
# From 11.7 on.
VECTORS = """
CREATE TABLE vektor (id INT PRIMARY KEY, v VECTOR(3) NOT NULL, VECTOR INDEX (v));
INSERT INTO vektor VALUES (1, VEC_FromText('[1,2.5,-3e10]')), (2, VEC_FromText('[0,0.1,1e-30]'));
"""
PLAIN_TABLES = """
CREATE TABLE t_aria (id INT PRIMARY KEY, isi TEXT) ENGINE = Aria TRANSACTIONAL = 1 PAGE_CHECKSUM = 1;
INSERT INTO t_aria VALUES (1, 'aria');
"""
ACCOUNTS = r"""
CREATE USER 'soket'@'localhost' IDENTIFIED VIA unix_socket OR mysql_native_password USING PASSWORD('pw''x');
SET DEFAULT ROLE peran_baca FOR 'pemilik'@'localhost';
GRANT BINLOG MONITOR ON *.* TO 'soket'@'localhost';
"""
NO_ACCOUNTS = "DROP USER IF EXISTS 'soket'@'localhost';"

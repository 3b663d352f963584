# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database that has one of everything that a dump must carry: what MariaDB and MySQL both have.

Run `CONTENT` (and what `mariadb_special` or `mysql_special` add) in a new database as the superuser, `PLAIN_TABLES`
in another one. Two things that no dump in text carries are left out: FLOAT values of more than six digits, which the
servers round, and 4-byte characters in defaults, which they show as `?` (members of ENUM and SET, and comments, cannot
have them at all).
"""

from __future__ import annotations

EMPLOYEES = 2000
# The client's statements end with ;; here, so that bodies may hold a semicolon.
BEGIN = "SET NAMES utf8mb4; SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'; SET time_zone = '+00:00';\nDELIMITER ;;\n"
TYPES = r"""
CREATE TABLE bilangan (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, t TINYINT, tu TINYINT UNSIGNED, s SMALLINT,
  su SMALLINT UNSIGNED, m MEDIUMINT, mu MEDIUMINT UNSIGNED, i INT, iz INT(7) UNSIGNED ZEROFILL, b BIGINT,
  bu BIGINT UNSIGNED, d DECIMAL(65,30), du DECIMAL(10,0) UNSIGNED, f FLOAT, g DOUBLE, bit1 BIT(1), bit64 BIT(64),
  benar BOOLEAN) AUTO_INCREMENT = 1000;;
INSERT INTO bilangan VALUES
  (0, -128, 255, -32768, 65535, -8388608, 16777215, -2147483648, 42, -9223372036854775808, 18446744073709551615,
   -99999999999999999999999999999999999.999999999999999999999999999999, 9999999999, 3.40282e38,
   1.7976931348623157e308, b'1', 0xFFFFFFFFFFFFFFFF, TRUE),
  (7, 127, 0, 32767, 0, 8388607, 0, 2147483647, 9999999, 9223372036854775807, 0, 0.000000000000000000000000000001,
   0, -1.17549e-38, 2.2250738585072014e-308, b'0', 0x0A270D5C00221A80, FALSE),
  (18446744073709551614, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0.1, 5e-324, NULL, 0, NULL),
  (900, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, -0.0, 0.1, NULL, NULL, NULL);;
CREATE TABLE celah (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, isi TEXT) AUTO_INCREMENT = 5000;;
INSERT INTO celah VALUES (0, 'nol'), (3, 'tiga'), (-4, 'minus');;
INSERT INTO celah (isi) VALUES ('sesudah celah');;
CREATE TABLE waktu (
  id INT PRIMARY KEY, d DATE, t TIME, t6 TIME(6), dt DATETIME, dt6 DATETIME(6), ts TIMESTAMP NULL, ts6 TIMESTAMP(6) NULL
  DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), y YEAR);;
INSERT INTO waktu VALUES
  (1, '0000-00-00', '-838:59:59', '838:59:58.999999', '0000-00-00 00:00:00', '0000-00-00 00:00:00.000000',
   '0000-00-00 00:00:00', '0000-00-00 00:00:00', 0000),
  (2, '9999-12-31', '00:00:00', '-00:00:00.000001', '9999-12-31 23:59:59', '9999-12-31 23:59:59.999999',
   '2038-01-19 03:14:07', '2038-01-19 03:14:07.999999', 2155),
  (3, '1000-01-01', '24:00:00', '23:59:59.5', '2026-11-20 17:00:00', '1000-01-01 00:00:00.000001',
   '1970-01-01 00:00:01', '1970-01-01 00:00:01.000001', 1901),
  (4, '2026-11-00', NULL, NULL, '2024-02-29 12:00:00', NULL, NULL, NULL, NULL);;
CREATE TABLE teks (
  id INT PRIMARY KEY, c CHAR(20), v VARCHAR(200), tt TINYTEXT, x TEXT, mt MEDIUMTEXT, lt LONGTEXT,
  l1 VARCHAR(50) CHARACTER SET latin1, m3 VARCHAR(50) CHARACTER SET utf8mb3, u2 VARCHAR(50) CHARACTER SET ucs2,
  u16 VARCHAR(50) CHARACTER SET utf16, sj VARCHAR(50) CHARACTER SET sjis, biner VARCHAR(50) COLLATE utf8mb4_bin,
  e ENUM('a,b', 'it''s', 'ñデ', '"', 'back\\slash'), st SET('satu', 'dua', 'ti''ga', 'ñデ'), FULLTEXT KEY cari (x),
  KEY awal (v(7)), UNIQUE KEY unik (biner)) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;;
INSERT INTO teks VALUES
  (1, '😀 ꦲꦏ꧀ꦱꦫ', 'tab\tbaris\nbalik\rgaris\\ nol\0 ctrl-z\Z', '''', '"', '`', '%_\%\_', 'é€ÿ', 'データ', 'añ', '😀',
   '表ソ', 'A', 'ñデ', 'satu,ñデ'),
  (2, '', '', '', '', '', '', '', '', '', '', '', 'a', '', ''),
  (3, 'ujung   ', 'ujung   ', ';; -- bukan komentar', '/* */ # --', '*/;', 'INSERT INTO `x` VALUES (1);\n\\N',
   NULL, NULL, NULL, NULL, NULL, NULL, 'a,b', 'satu,dua,ti''ga,ñデ'),
  (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);;
CREATE TABLE biner (
  id INT PRIMARY KEY, b BINARY(16), v VARBINARY(300), tb TINYBLOB, x BLOB, mb MEDIUMBLOB, lb LONGBLOB,
  cb CHAR(5) CHARACTER SET binary);;
INSERT INTO biner VALUES (1, 0x00, 0x00FF27225C0A0D1A60C328, '', 0xF09F, 'x', 0x2D2D20, 0x27),
  (2, REPEAT(0xFF, 16), '', REPEAT('''', 255), REPEAT(0x00, 65535), REPEAT('\\', 300000), '', NULL),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL);;
CREATE TABLE lebar (id INT PRIMARY KEY, isi LONGBLOB, kata LONGTEXT) DEFAULT CHARACTER SET utf8mb4;;
INSERT INTO lebar VALUES (1, REPEAT(UNHEX(CONCAT('00FF2722', SHA2('satu', 256))), 40000),
  REPEAT('😀 lebar ''', 80000));;
INSERT INTO lebar VALUES (2, NULL, NULL), (3, REPEAT('x', 1500000), '');;
CREATE TABLE dokumen (id INT PRIMARY KEY, j JSON);;
INSERT INTO dokumen VALUES (1, '{"a": 1, "b": [null, true, "😀 \\" \\n"], "c": 1.5}'), (2, '[]'), (3, 'null'),
  (4, NULL), (5, '"teks"');;
CREATE TABLE ruang (
  id INT PRIMARY KEY, g GEOMETRY, p POINT NOT NULL, l LINESTRING, pg POLYGON, mp MULTIPOINT, ml MULTILINESTRING,
  mpg MULTIPOLYGON, gc GEOMETRYCOLLECTION, SPATIAL KEY letak (p));;
INSERT INTO ruang VALUES (1, ST_GeomFromText('POINT(1 2)'), ST_GeomFromText('POINT(-6.2 106.8)'),
  ST_GeomFromText('LINESTRING(0 0,1 1,2 0)'), ST_GeomFromText('POLYGON((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1))'),
  ST_GeomFromText('MULTIPOINT(0 0,1 1)'), ST_GeomFromText('MULTILINESTRING((0 0,1 1),(2 2,3 3))'),
  ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)))'),
  ST_GeomFromText('GEOMETRYCOLLECTION(POINT(0 0),LINESTRING(0 0,1 1))')),
  (2, NULL, ST_GeomFromText('POINT(0.1 1e-300)', 4326), NULL, NULL, NULL, NULL, NULL, NULL);;
"""
TABLES = r"""
CREATE TABLE hitungan (
  id INT PRIMARY KEY, a INT NOT NULL DEFAULT 5, maya INT GENERATED ALWAYS AS (a * 2) VIRTUAL,
  simpan VARCHAR(20) GENERATED ALWAYS AS (CONCAT('x', a)) STORED, terbalik INT GENERATED ALWAYS AS (-a) STORED UNIQUE,
  KEY atas_maya (maya));;
INSERT INTO hitungan (id, a) VALUES (1, 1), (2, -2), (3, DEFAULT);;
CREATE TABLE tersembunyi (id INT PRIMARY KEY, rahasia INT DEFAULT 9 INVISIBLE, akhir VARCHAR(9));;
INSERT INTO tersembunyi (id, rahasia, akhir) VALUES (1, 2, 'tiga'), (2, NULL, 'nol'), (3, DEFAULT, NULL);;
CREATE TABLE aturan (
  id INT NOT NULL, kode CHAR(36) DEFAULT (UUID()), n INT DEFAULT (1 + 2), kapan DATETIME DEFAULT CURRENT_TIMESTAMP
  ON UPDATE CURRENT_TIMESTAMP, gaji DECIMAL(12,2) COMMENT 'dengan ''kutip'', "dua" dan \\ ñデ'
  DEFAULT 0.50, huruf VARCHAR(5) DEFAULT '''',
  CONSTRAINT `batas ``atas``` CHECK (gaji >= 0 AND gaji < 1000000), CHECK (id <> 13), PRIMARY KEY (id, n))
  COMMENT = 'komentar ''tabel'' ; -- \n baris 2';;
INSERT INTO aturan (id, gaji) VALUES (1, 1.5), (2, 999999.99);;
CREATE TABLE `bagian tahun` (id INT, tahun INT, isi VARCHAR(20)) PARTITION BY RANGE (tahun) (
  PARTITION lama VALUES LESS THAN (2020), PARTITION `tengah x` VALUES LESS THAN (2025),
  PARTITION baru VALUES LESS THAN MAXVALUE);;
INSERT INTO `bagian tahun` VALUES (1, 2019, 'a'), (2, 2024, 'b'), (3, 2099, 'c'), (4, NULL, 'd');;
CREATE TABLE bagian_daftar (k INT, v TEXT) PARTITION BY LIST (k) (PARTITION ganjil VALUES IN (1, 3, NULL),
  PARTITION genap VALUES IN (0, 2));;
INSERT INTO bagian_daftar VALUES (1, 'x'), (2, 'y'), (NULL, 'z');;
CREATE TABLE bagian_kolom (a INT, b DATE) PARTITION BY RANGE COLUMNS (b) SUBPARTITION BY HASH (a) SUBPARTITIONS 2 (
  PARTITION p0 VALUES LESS THAN ('2026-01-01'), PARTITION p1 VALUES LESS THAN (MAXVALUE));;
INSERT INTO bagian_kolom VALUES (1, '2025-12-31'), (2, '2026-11-20');;
CREATE TABLE bagian_kunci (a INT PRIMARY KEY) PARTITION BY KEY (a) PARTITIONS 3;;
INSERT INTO bagian_kunci VALUES (1), (2), (3), (4);;
CREATE TABLE kosong (a INT);;
CREATE TABLE kosong_bagian (a INT) PARTITION BY HASH (a) PARTITIONS 2;;
CREATE TABLE tanpa_kunci (a INT, b TEXT);;
INSERT INTO tanpa_kunci VALUES (1, 'satu'), (1, 'satu'), (NULL, NULL), (NULL, NULL);;
CREATE TABLE `nama.titik ``kutip`` "dua" 'satu'; DROP TABLE x --` (`kolom ``aneh``; --` INT, `ñ データ` TEXT,
  `select` INT, KEY `kunci ``x``` (`kolom ``aneh``; --`));;
INSERT INTO `nama.titik ``kutip`` "dua" 'satu'; DROP TABLE x --` VALUES (1, 'satu', 2);;
CREATE TABLE `añjing データ` (`-rf` INT);;
INSERT INTO `añjing データ` VALUES (1), (2);;
CREATE TABLE `a/b\\c %s {input}` (`{target}` INT);;
INSERT INTO `a/b\\c %s {input}` VALUES (3);;
CREATE TABLE unit (id INT PRIMARY KEY, kepala INT, nama VARCHAR(40)) DEFAULT CHARACTER SET latin1;;
CREATE TABLE pegawai (nip INT PRIMARY KEY, unit INT, atasan INT, nama VARCHAR(80) NOT NULL, gaji DOUBLE,
  CONSTRAINT ke_unit FOREIGN KEY (unit) REFERENCES unit (id) ON DELETE SET NULL ON UPDATE CASCADE,
  CONSTRAINT `ke atasan` FOREIGN KEY (atasan) REFERENCES pegawai (nip), KEY nama (nama, gaji DESC));;
ALTER TABLE unit ADD CONSTRAINT ke_kepala FOREIGN KEY (kepala) REFERENCES pegawai (nip);;
SET foreign_key_checks = 0;;
INSERT INTO unit VALUES (1, 1, 'Café é'), (2, 1500, 'Gudang');;
INSERT INTO pegawai WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
  SELECT i, 1 + i % 2, 1 + i % 7, CONCAT('Nama ke-', i), i / 3 FROM n;;
INSERT INTO pegawai SELECT nip + 1000, unit, nip, CONCAT('Ñama ', nip), 1e15 / nip FROM pegawai;;
SET foreign_key_checks = 1;;
"""
PROGRAMS = r"""
CREATE VIEW v_dasar AS SELECT unit, COUNT(*) AS banyak FROM pegawai GROUP BY unit;;
CREATE VIEW `a view` (`kolom x`, `jumlah ``y```) AS
  SELECT u.nama, d.banyak FROM v_dasar d JOIN unit u ON u.id = d.unit;;
CREATE SQL SECURITY INVOKER VIEW v_ubah AS SELECT nip, nama FROM pegawai WHERE nip < 10 WITH CASCADED CHECK OPTION;;
CREATE ALGORITHM = MERGE DEFINER = 'pemilik'@'localhost' VIEW v_pemilik AS SELECT '😀 ;; ''x''' AS e;;
CREATE TABLE catatan (id INT AUTO_INCREMENT PRIMARY KEY, apa TEXT);;
CREATE TRIGGER t_sebelum BEFORE INSERT ON tanpa_kunci FOR EACH ROW SET NEW.b = COALESCE(NEW.b, 'kosong');;
CREATE TRIGGER t_awal BEFORE INSERT ON tanpa_kunci FOR EACH ROW PRECEDES t_sebelum SET @awal = 1;;
CREATE TRIGGER `t ``sesudah``` AFTER UPDATE ON tanpa_kunci FOR EACH ROW BEGIN
  -- komentar ; di dalam; END ;;
  INSERT INTO catatan (apa) VALUES (CONCAT('lama ', OLD.b, ' ''baru'' 😀'));
END;;
CREATE TRIGGER t_hapus AFTER DELETE ON tanpa_kunci FOR EACH ROW INSERT INTO catatan (apa) VALUES ('hapus');;
CREATE TRIGGER t_isi AFTER INSERT ON tanpa_kunci FOR EACH ROW INSERT INTO catatan (apa) VALUES ('isi');;
CREATE FUNCTION tambah (a INT, `b b` INT) RETURNS INT DETERMINISTIC NO SQL COMMENT 'it''s' RETURN a + `b b`;;
CREATE FUNCTION salam (siapa VARCHAR(50) CHARACTER SET utf8mb4) RETURNS VARCHAR(99) CHARACTER SET utf8mb4 NO SQL
  RETURN CONCAT('Halo 😀 ', siapa, '\\', '''', ';');;
CREATE DEFINER = 'pemilik'@'localhost' PROCEDURE `hitung ``semua``` (IN a INT, OUT b INT, INOUT c TEXT) READS SQL DATA
  SQL SECURITY INVOKER BEGIN
  DECLARE selesai INT DEFAULT 0; # komentar $$ //
  DECLARE CONTINUE HANDLER FOR NOT FOUND SET selesai = 1;
  SELECT COUNT(*) INTO b FROM pegawai WHERE nip > a; /* dan; ini */
  SET c = CONCAT(c, '; selesai');
END;;
SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_AUTO_VALUE_ON_ZERO';;
CREATE FUNCTION mode_lain () RETURNS VARCHAR(20) NO SQL RETURN 'a' || 'b';;
CREATE TRIGGER "t mode" BEFORE DELETE ON "tanpa_kunci" FOR EACH ROW SET @x = 'a' || 'b';;
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';;
SET NAMES latin1;;
CREATE FUNCTION dari_latin () RETURNS VARCHAR(20) CHARACTER SET latin1 NO SQL RETURN 'cafe';;
SET NAMES utf8mb4;;
CREATE EVENT `tiap malam` ON SCHEDULE EVERY 1 DAY STARTS '2026-11-20 17:00:00' ENDS '2037-01-01 00:00:00'
  ON COMPLETION PRESERVE DISABLE COMMENT 'it''s ñデ' DO BEGIN DELETE FROM catatan; SELECT ';'; END;;
SET time_zone = '+07:00';;
CREATE EVENT sekali ON SCHEDULE AT '2037-06-01 00:00:00' DO INSERT INTO catatan (apa) VALUES ('sekali');;
SET time_zone = '+00:00';;
"""
END = "\nDELIMITER ;\n"
CONTENT = BEGIN + TYPES + TABLES + PROGRAMS + END
# Tables that no transaction protects.
PLAIN_TABLES = """
CREATE TABLE t_myisam (id INT AUTO_INCREMENT PRIMARY KEY, isi TEXT, FULLTEXT KEY cari (isi)) ENGINE = MyISAM;
INSERT INTO t_myisam (isi) VALUES ('satu'), ('dua'), ('');
CREATE TABLE t_memory (id INT PRIMARY KEY, isi VARCHAR(20)) ENGINE = MEMORY;
INSERT INTO t_memory VALUES (1, 'di ingatan');
CREATE TABLE t_csv (id INT NOT NULL, isi VARCHAR(20) NOT NULL) ENGINE = CSV;
INSERT INTO t_csv VALUES (1, 'a,"b"\n');
CREATE TABLE t_gabung_a (id INT, KEY (id)) ENGINE = MyISAM;
INSERT INTO t_gabung_a VALUES (1), (2);
CREATE TABLE t_gabung (id INT, KEY (id)) ENGINE = MERGE UNION = (t_gabung_a) INSERT_METHOD = LAST;
CREATE TABLE t_innodb (id INT PRIMARY KEY) ENGINE = InnoDB;
INSERT INTO t_innodb VALUES (5);
"""
ACCOUNTS = r"""
CREATE USER 'pemilik'@'localhost' IDENTIFIED BY 'it''s \\ "rahasia" ñ';
CREATE USER 'ñama `aneh`'@'%' IDENTIFIED BY 'x' REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 5 PASSWORD EXPIRE NEVER;
CREATE USER 'terkunci'@'10.0.0.0/255.0.0.0' IDENTIFIED BY 'y' ACCOUNT LOCK;
CREATE USER ''@'tamu.example.org' IDENTIFIED BY 'z';
CREATE ROLE peran_baca, `peran "dua"`;
GRANT peran_baca TO 'pemilik'@'localhost' WITH ADMIN OPTION;
GRANT `peran "dua"` TO peran_baca;
GRANT SELECT, RELOAD ON *.* TO 'ñama `aneh`'@'%';
"""
GRANTS = r"""
GRANT SELECT, INSERT, SHOW VIEW ON {database}.* TO peran_baca;
GRANT ALL PRIVILEGES ON {database}.* TO 'pemilik'@'localhost' WITH GRANT OPTION;
GRANT SELECT (nip, nama), UPDATE (nama) ON {database}.pegawai TO 'ñama `aneh`'@'%';
GRANT DELETE ON {database}.`nama.titik ``kutip`` "dua" 'satu'; DROP TABLE x --` TO `peran "dua"`;
GRANT EXECUTE ON FUNCTION {database}.salam TO 'terkunci'@'10.0.0.0/255.0.0.0';
GRANT EXECUTE ON PROCEDURE {database}.`hitung ``semua``` TO ''@'tamu.example.org';
"""
NO_ACCOUNTS = r"""
DROP USER IF EXISTS 'pemilik'@'localhost', 'ñama `aneh`'@'%', 'terkunci'@'10.0.0.0/255.0.0.0', ''@'tamu.example.org';
DROP ROLE IF EXISTS peran_baca, `peran "dua"`;
"""

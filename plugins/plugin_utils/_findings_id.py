# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What findings say with their values, in Indonesian. Others have the general words of the codes."""

from __future__ import annotations

FINDINGS: dict[str, str] = {
    "findings.more": "Masih ada {count} temuan lain yang tidak disimpan.",
    "report.failed": "Backup gagal.",
    "report.failed_again": "Backup malam itu berhasil; percobaan sesudahnya gagal ({count} kali).",
    "report.missed": "Backup dijadwalkan, tetapi tidak berjalan.",
    "report.incomplete": "Backup berhasil dibuat, tetapi belum ada salinan di: {media}.",
    "report.interrupted": "Backup terputus sebelum selesai.",
    "report.unreachable": "Hasil tidak diketahui karena host tidak dapat dihubungi.",
    "report.silent": "Hasil tidak diketahui karena host tidak memberi jawaban.",
    "report.late": "Backup berjalan setelah jendela waktunya.",
    "report.retried": "Berhasil pada percobaan ke-{count}.",
    "report.over_standard": "Lama backup melebihi mutu baku.",
    "report.same_building": "Tidak ada salinan di gedung terpisah (gedung host: {building}).",
    "report.building_unknown": "Tidak dapat dipastikan apakah ada salinan di gedung terpisah.",
    "report.three_two_one": "Aturan 3-2-1 belum terpenuhi: {copies} salinan pada {kinds} jenis media.",
    "report.unencrypted": "Hasil backup TIDAK dienkripsi.",
    "report.implausible": "Ukuran jauh lebih kecil daripada biasanya; penghapusan backup lama ditahan.",
    "report.unlisted": "Manifes backup ini tidak ada lagi di penyimpanan lokal.",
    "report.unsigned": "Manifes tidak ditandatangani.",
    "report.host_unreachable": "Host tidak dapat dihubungi.",
    "report.host_silent": "Host tidak memberi jawaban.",
    "report.journal_broken": "Rantai jurnal terputus.",
    "report.store": "Penyimpanan lokal tidak dapat dibaca.",
    "report.medium": "Media {medium} tidak dapat dipakai.",
    "report.unplanned": "Basis data {database} ({engine}, {server}) belum direncanakan.",
    "report.unknown": "Berkas dengan nama yang tidak dikenal: {path}",
    "report.zone": "Zona waktu {zone} tidak dikenal di sini; waktu ditulis dalam UTC.",
    "report.hook_after": (
        "Program pasca-backup (hook after) {name} gagal; aplikasi mungkin masih dalam mode pemeliharaan."
    ),
    "report.hook_pending": (
        "Program pasca-backup (hook after) {name} belum dijalankan; aplikasi mungkin masih dalam mode pemeliharaan."
    ),
    "report.verify_problems": "Pemeriksaan terakhir menemukan {count} masalah.",
    "report.never_verified": "Hasil backup di host ini belum pernah diperiksa.",
    "report.not_verified_since": "Belum diperiksa sejak backup terakhir.",
    "plausible.smaller": (
        "Ukuran hanya {share} % dari biasanya: {got:size}, biasanya {usual:size}; penghapusan backup lama ditahan."
    ),
    "plausible.emptier": (
        "Jumlah baris hanya {share} % dari biasanya: {got:number}, biasanya {usual:number}; penghapusan backup "
        "lama ditahan."
    ),
    "database.unplanned": "Basis data {database} di {server} ({engine}) tidak di-backup oleh sumber mana pun.",
    "engine.command.count": "Isi hasil dump tidak dapat dihitung: {text}",
    "engine.command.said": "Dump oleh {subject} selesai dengan baik, tetapi memberi peringatan: {text}",
    "engine.command.secret_file": "Berkas rahasia {path} tidak dapat dipakai dalam keadaan ini: {text}",
    "engine.command.status": "{subject} berakhir dengan status {status}, yang dianggap berhasil oleh sumber ini.",
    "engine.command.untrusted": "Pihak lain dapat mengubah {path}, yang berjalan sebagai pengguna backup: {text}",
    "engine.mariadb.approximate": "Daftar isi {subject} hanya perkiraan: {text}",
    "engine.mariadb.broken_view": "View {subject} rusak dan tidak ikut di-dump: {text}",
    "engine.mariadb.changed": "Tabel diubah atau diganti namanya selagi {subject} di-dump: {names}",
    "engine.mariadb.damaged": "Server tidak dapat membuka tabel {subject}: {text}",
    "engine.mariadb.float": "Nilai {count:number} kolom FLOAT di-dump hanya dengan enam angka: {names}",
    "engine.mariadb.foreign_rows": (
        "Baris {count:number} tabel tersimpan di tempat lain dan tidak termasuk dalam backup: {names}"
    ),
    "engine.mariadb.history": (
        "Program klien (versi {client}) tidak dapat mem-backup riwayat {count:number} tabel: {names}"
    ),
    "engine.mariadb.locked": (
        "Tidak ada yang dapat menulis selama dump, karena {count:number} tabel tidak mengenal transaksi: {names}"
    ),
    "engine.mariadb.non_transactional": (
        "{count:number} tabel tidak mengenal transaksi dan tidak konsisten dengan yang lain: {names}"
    ),
    "engine.mariadb.not_in_dump": "Baris tabel berikut di {subject} tidak ikut di-dump: {names}",
    "engine.mariadb.old_server": "Server (versi {server}) terlalu lama untuk engine ini.",
    "engine.mariadb.permission": "Akun {account} tidak memiliki hak {privilege}: {names}",
    "engine.mariadb.sequences": "Nilai {count:number} sequence adalah nilai pada saat dibaca: {names}",
    "engine.mariadb.unusable_view": "View {subject} tidak dapat dipakai: {text}",
    "engine.mariadb.version": "Program klien (versi {client}) tidak sesuai dengan server (versi {server}).",
    "engine.postgresql.foreign_tables": (
        "Baris {count:number} tabel asing (foreign table) di basis data {subject} tidak termasuk dalam backup: {names}"
    ),
    "engine.postgresql.not_in_dump": "Baris tabel berikut di basis data {subject} tidak ikut di-dump: {names}",
    "engine.postgresql.permission": (
        "Peran (role) {role} tidak berhak membaca {count:number} objek di basis data {subject}: {names}"
    ),
    "engine.postgresql.row_security": (
        "Row security menyembunyikan baris {count:number} tabel di basis data {subject} dari peran (role) {role}: "
        "{names}"
    ),
    "engine.postgresql.sequences": (
        "Nilai {count:number} sequence di basis data {subject} adalah nilai pada saat dibaca: {names}"
    ),
    "engine.postgresql.unlogged": (
        "{count:number} tabel unlogged di basis data {subject} menjadi kosong bila server mati mendadak: {names}"
    ),
    "engine.postgresql.unlogged_standby": (
        "Server standby tidak memiliki baris {count:number} tabel unlogged di basis data {subject}: {names}"
    ),
    "engine.postgresql.version": "Program klien (versi {client}) tidak sesuai dengan server (versi {server}).",
    "group.apart": (
        "{names} di-backup tanpa {others}, padahal satu grup ({group}); isinya tidak dari satu saat yang sama."
    ),
    "group.empty": "Tidak ada sumber di host ini yang termasuk dalam grup {group}.",
    "hook.continued": (
        "Program pra-backup (hook before) {name} gagal; backup tetap dibuat dan mungkin tidak konsisten."
    ),
    "hook.pending": "Program pasca-backup (hook after) {name} belum dijalankan sejak proses {run} terputus.",
    "files.changed": "{count:number} berkas berubah ketika dibaca: {names}",
    "files.missing": "Direktori {path} tidak dapat diperiksa.",
    "files.not_directory": "{path} bukan direktori.",
    "files.other_filesystem": "Berasal dari sistem berkas lain dan tidak ikut di-backup: {names}",
    "files.removed": "{count:number} berkas hilang sebelum sempat dibaca: {names}",
    "files.shrank": "{count:number} berkas menyusut ketika dibaca, bagian akhirnya berisi nol: {names}",
    "files.socket": "Soket tidak ikut di-backup: {names}",
    "files.tar_kind": "Program tar di host bukan GNU tar: {version}",
    "files.tar_said": "Program tar memberi peringatan ketika membaca {path}.",
    "files.tar_support": "Program tar di host tidak dapat menyimpan: {words}",
    "files.tar_version": "Versi tar di host terlalu usang: {version}",
    "files.unreadable": "Pengguna {user} tidak berhak membaca seluruh isi {path}.",
    "medium.full": "Media {medium} penuh.",
    "medium.marker": "Penanda media {medium} di {path} tidak valid.",
    "medium.missing": "Media {medium} tidak ditemukan di {path}.",
    "medium.not_mounted": "Media {medium} tidak terpasang (mount) di {path}.",
    "medium.silent": "Media {medium} di {path} tidak menjawab.",
    "medium.other": "Di {path} terpasang media lain, bukan {medium}.",
    "medium.overlap": "Media {medium} berada di tempat yang sama dengan penyimpanan lokal: {path}",
    "medium.path": "Jalur media {medium} tidak dapat dipakai: {path}",
    "medium.permission": "Pengguna backup tidak memiliki hak tulis ke media {medium}: {path}",
    "medium.readonly": "Media {medium} terpasang hanya-baca (read-only) di {path}.",
    "medium.same_disk": "Media {medium} berada di disk yang sama dengan aslinya.",
    "sqlite.empty": "{path} adalah berkas kosong.",
    "sqlite.no_tables": "Basis data {path} tidak memiliki tabel.",
    "sqlite.not_database": "{path} bukan basis data SQLite.",
    "sqlite.not_file": "{path} bukan berkas biasa.",
    "sqlite.said": "SQLite memberi peringatan ketika {path} dibaca.",
    "sqlite.unchecked": "{object} di {path} tidak dapat diperiksa.",
    "sqlite.unreadable": "Berkas {path} tidak dapat dibaca.",
    "sqlite.unreadable_object": "{object} di {path} ikut di-backup, tetapi tidak dapat dihitung.",
    "sqlite.unusable": "Basis data {path} tidak dapat di-backup.",
    "sqlite.wal": "{path} memakai write-ahead log; salinan hasil pemulihan belum memakainya.",
    "verify.hash": "Isi {path} tidak sama dengan yang ditulis.",
    "verify.missing": "{path} tidak ada.",
    "verify.signature": "Tanda tangan {path} tidak sah.",
    "verify.size": "Ukuran {path} berbeda dari ketika ditulis.",
    "verify.unknown": "{path} tidak dikenal.",
    "verify.unreadable": "{path} tidak dapat dibaca.",
    "verify.unsigned": "{path} tidak ditandatangani.",
}

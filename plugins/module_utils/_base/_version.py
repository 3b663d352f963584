# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version of the collection, as manifests and facts state it (a test holds it to galaxy.yml)."""

VERSION = "0.1.0"

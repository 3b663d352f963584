# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on the real thing: each test breaks something under a real run and looks at what is left."""

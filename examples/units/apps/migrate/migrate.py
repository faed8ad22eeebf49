#!/usr/bin/env python3
"""Brings the database to the schema that the worker of this commit expects, and ends."""

import os
import pathlib
import sqlite3

# One directory that every Instance of this host may use; the database outlives each of them.
DATABASE = pathlib.Path(os.environ["PLUMB_SHARED_DIR"], "shop.db")

# One statement a version. A migration may be cut off at any moment, so each step is a transaction.
STEPS = [
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, what TEXT NOT NULL)",
    "ALTER TABLE orders ADD COLUMN done TEXT",
    "CREATE INDEX orders_done ON orders (done)",
]

database = sqlite3.connect(DATABASE, isolation_level=None)
(version,) = database.execute("PRAGMA user_version").fetchone()
for number, step in enumerate(STEPS[version:], start=version + 1):
    database.execute("BEGIN IMMEDIATE")
    database.execute(step)
    database.execute(f"PRAGMA user_version = {number}")
    database.execute("COMMIT")
    print(f"schema is now at version {number}", flush=True)
print(f"schema is up to date: version {len(STEPS)}", flush=True)

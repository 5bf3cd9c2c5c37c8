"""Lets Litestream's SQLite extension restore a replica.

usage: litestream_vfs.py LIBRARY SECONDS

The extension reads LITESTREAM_REPLICA_URL, LITESTREAM_HYDRATION_ENABLED and LITESTREAM_HYDRATION_PATH
when it is loaded; the database is at that path once this has ended with 0. It needs a Python whose
sqlite3 module may load extensions, as Debian's may.
"""
import sqlite3
import sys
import time


def load(library):
    loader = sqlite3.connect(":memory:")
    loader.enable_load_extension(True)
    loader.load_extension(library)
    return loader


def percent(replica):
    row = replica.execute("PRAGMA litestream_hydration_progress").fetchone()
    return float(str(row[0]).rstrip("%")) if row else 0.0


def main():
    library, seconds = sys.argv[1], float(sys.argv[2])
    loader = load(library)  # the extension goes with the connection
    replica = sqlite3.connect("file:replica.db?vfs=litestream", uri=True)
    replica.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    deadline = time.monotonic() + seconds
    while percent(replica) < 100:
        if time.monotonic() > deadline:
            sys.exit("not restored after %g seconds: %g%%" % (seconds, percent(replica)))
        time.sleep(0.02)
    del loader


main()

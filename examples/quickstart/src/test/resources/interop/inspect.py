# Prints a tenant's todos and what SQLite says of the file, with Python's own SQLite.
import sqlite3
import sys

sys.stdout.reconfigure(encoding="utf-8")
db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
for row in db.execute("SELECT id, title, done FROM todos ORDER BY id"):
    print(*row)
print(*db.execute("PRAGMA integrity_check").fetchone())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench.py HOTPATH.so DRIVE [workload…]: index advice against others', side by side.

For each application workload beside the checkout ($HOTPATH_SHARED or ../shared,
workloads/NAME: schema.sql, make_data.py, queries.sql, indexes_*.sql) the same
statements are run on copies of one database: bare, with .expert's union, with
the humans' indexes, and with hotpath's advice; without statistics and after
ANALYZE. Steps, pages and seconds are weighted by how often each statement runs.
hotpath is asked under the statistics that it is judged under. Last, an
application's reads and writes (WAL, another process) are timed while nothing
else happens and while advice is worked out."""
import glob, json, os, re, shutil, sqlite3, statistics, subprocess, sys
import tempfile, time

CAP_S = float(os.environ.get("CAP_S", "5"))
COPY_BYTES = os.environ.get("COPY_BYTES")  # else what hotpath takes itself


def shared():
    here = os.path.dirname(os.path.abspath(__file__))
    beside = os.path.join(here, "..", "..", "..", "shared")
    return os.environ.get("HOTPATH_SHARED", beside)


def statements(path):
    found = []
    for part in re.split(r"^-- name:", open(path).read(), flags=re.M)[1:]:
        name, body = part.split("\n", 1)
        freq = re.search(r"^-- freq:\s*(\S+)", body, flags=re.M)
        sql = re.sub(r"^\s*--.*$", "", body, flags=re.M).strip().rstrip(";")
        found.append((name.strip(), float(freq[1]) if freq else 1.0, sql))
    return found


def build(folder, path):
    c = sqlite3.connect(path)
    c.executescript(open(f"{folder}/schema.sql").read())
    c.close()
    subprocess.run([sys.executable, f"{folder}/make_data.py", path],
                   check=True, stdout=subprocess.DEVNULL)


def read(folder, name):
    path = f"{folder}/{name}"
    return open(path).read() if os.path.exists(path) else ""


def advise(so, path, session, stmts, quiet=False):
    c = sqlite3.connect(path, isolation_level=None)
    c.enable_load_extension(True)
    c.load_extension(so.removesuffix(".so"))
    c.executescript(session)
    given = json.dumps([{"sql": s, "calls": f} for _, f, s in stmts])
    start = time.monotonic()
    rows = c.execute("SELECT action, ddl, evidence"
                     " FROM index_suggestions(?, NULL, ?)",
                     (given, COPY_BYTES and int(COPY_BYTES))).fetchall()
    spent = time.monotonic() - start
    for action, _, evidence in rows:
        if action in ("skipped", "rewrite") and not quiet:
            print(f"    {action}:", evidence[:160])
    return [ddl for action, ddl, _ in rows
            if action in ("create", "replace", "drop")], spent


def measure(driver, path, ddl, analyze, folder):
    copy = path + ".copy"
    shutil.copy(path, copy)
    c = sqlite3.connect(copy, isolation_level=None)
    c.executescript(ddl)
    if analyze:
        c.execute("ANALYZE")
    names = "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql NOTNULL"
    count = c.execute(f"SELECT count(*) FROM ({names})").fetchone()[0]
    size = c.execute("SELECT ifnull(sum(pgsize), 0) FROM dbstat WHERE name IN"
                     f" ({names})").fetchone()[0]
    c.close()
    out = subprocess.run([driver, copy, f"{folder}/queries.sql",
                          f"{folder}/session.sql", str(CAP_S)],
                         capture_output=True, text=True, check=True).stdout
    os.remove(copy)
    rows = {}
    for line in out.splitlines():
        name, freq, steps, pages, ms, rowhash, writes, state = line.split("\t")
        rows[name] = (float(freq), int(steps), int(pages), float(ms), rowhash,
                      writes == "1", state)
    return rows, count, size


def weigh(rows, i, only_writes=False):
    return sum(r[0] * r[i] for r in rows.values() if r[5] or not only_writes)


def show(tag, rows, count, size, bare):
    worst = max((r[1] / max(bare[n][1], 1000) for n, r in rows.items()
                 if r[6] == "ok" and bare[n][6] == "ok"), default=1)
    capped = sum(r[6] != "ok" for r in rows.values())
    print(f"    {tag:9} {weigh(rows, 1) / 1e6:9.1f} Msteps"
          f" {weigh(rows, 2) / 1e6:8.2f} Mpages {weigh(rows, 3) / 1e3:7.2f} s"
          f"  writes {weigh(rows, 3, True) / 1e3:6.3f} s"
          f"  worst x{worst:.2f} {count:3} indexes {size / 1e6:6.1f} MB"
          + (f"  ({capped} stopped at {CAP_S:g} s)" if capped else ""),
          flush=True)


def differing(rows, bare):
    return [n for n, r in rows.items() if r[4] != bare[n][4] and r[6] == "ok"
            and bare[n][6] == "ok" and not r[5]]


def application(path):
    """Reads rows by rowid and writes every tenth until stdin ends; prints the
    microseconds that each took."""
    import select
    c = sqlite3.connect(path, isolation_level=None, timeout=60)
    c.execute("PRAGMA synchronous = NORMAL")
    tables = [t for t, in c.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND"
        " type = 'table' AND NOT wr AND name NOT LIKE 'sqlite%'")]
    size, table = max((c.execute(f'SELECT max(rowid) FROM "{t}"').fetchone()[0]
                       or 0, t) for t in tables)
    column = c.execute("SELECT name FROM pragma_table_info(?) WHERE pk = 0",
                       (table,)).fetchone()[0]
    read = f'SELECT * FROM "{table}" WHERE rowid = ?'
    write = f'UPDATE "{table}" SET "{column}" = "{column}" WHERE rowid = ?'
    took = {read: [], write: []}
    n = 0
    while not select.select([sys.stdin], [], [], 0.0005)[0]:
        sql = read if n % 10 else write
        start = time.perf_counter()
        c.execute(sql, (n * 7919 % size + 1,)).fetchall()
        took[sql].append((time.perf_counter() - start) * 1e6)
        n += 1
    print(json.dumps([took[read], took[write]]))


def timed(path, work):
    """The application's times while work() runs."""
    child = subprocess.Popen([sys.executable, __file__, "--application", path],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             text=True)
    work()
    return json.loads(child.communicate()[0])


def hinder(so, base, session, stmts):
    copy = base + ".app"
    shutil.copy(base, copy)
    c = sqlite3.connect(copy)
    c.execute("PRAGMA journal_mode = WAL")
    c.close()
    alone = timed(copy, lambda: time.sleep(10))
    beside = timed(copy, lambda: advise(so, copy, session, stmts, quiet=True))
    for what, before, during in zip(("reads", "writes"), alone, beside):
        print(f"    {what:6} us alone / beside advice:"
              + "".join(f"  {name} {f(before):.0f} / {f(during):.0f}"
                        for name, f in (
                            ("median", statistics.median),
                            ("p99", lambda x: sorted(x)[len(x) * 99 // 100]),
                            ("max", max))), flush=True)
    os.remove(copy)


def compare(so, driver, folder, scratch):
    name = os.path.basename(folder)
    base = f"{scratch}/{name}.db"
    build(folder, base)
    stmts = statements(f"{folder}/queries.sql")
    session = read(folder, "session.sql")
    print(f"{name}: {os.path.getsize(base) / 1e6:.0f} MB,"
          f" {len(stmts)} statements")
    for analyze in (False, True):
        print("  after ANALYZE" if analyze else "  without statistics")
        if analyze:
            c = sqlite3.connect(base)
            c.execute("ANALYZE")
            c.close()
        ours, spent = advise(so, base, session, stmts)
        bare = None
        for tag, ddl in (("bare", ""),
                         (".expert", read(folder, "indexes_expert.sql")),
                         ("human", read(folder, "indexes_reference.sql")),
                         ("used", read(folder, "indexes_used.sql")),
                         ("hotpath", "\n".join(ours))):
            rows, count, size = measure(driver, base, ddl, analyze, folder)
            bare = bare or rows
            show(tag, rows, count, size, bare)
            other = differing(rows, bare)
            if other:
                print(f"      other rows than bare: {' '.join(other)}")
        print(f"    advice took {spent:.1f} s")
        for ddl in ours:
            print("     ", ddl)
    hinder(so, base, session, stmts)


def main():
    if sys.argv[1:2] == ["--application"]:
        return application(sys.argv[2])
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    so, driver, wanted = sys.argv[1], sys.argv[2], sys.argv[3:]
    folders = sorted(os.path.dirname(p) for p in
                     glob.glob(f"{shared()}/workloads/*/queries.sql"))
    if not folders:
        print("bench-advice: skipped, there is no ../shared/workloads")
        return
    with tempfile.TemporaryDirectory() as scratch:
        for folder in folders:
            if not wanted or os.path.basename(folder) in wanted:
                compare(so, driver, folder, scratch)


if __name__ == "__main__":
    main()

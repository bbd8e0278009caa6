#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench.py HOTPATH.so DRIVE [workload…]: index advice against others', side by side.

For each application workload beside the checkout ($HOTPATH_SHARED or ../shared,
workloads/NAME: schema.sql, make_data.py, queries.sql, indexes_*.sql) the same
statements are run on copies of one database: bare, with .expert's union, with
the humans' indexes, and with hotpath's advice; without statistics and after
ANALYZE. Steps, pages and seconds are weighted by how often each statement runs.
hotpath is asked under the statistics that it is judged under."""
import glob, json, os, re, shutil, sqlite3, subprocess, sys, tempfile, time

CAP_S = float(os.environ.get("CAP_S", "5"))


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


def advise(so, path, session, stmts):
    c = sqlite3.connect(path, isolation_level=None)
    c.enable_load_extension(True)
    c.load_extension(so.removesuffix(".so"))
    c.executescript(session)
    given = json.dumps([{"sql": s, "calls": f} for _, f, s in stmts])
    start = time.monotonic()
    rows = c.execute("SELECT action, ddl, evidence FROM index_suggestions(?)",
                     (given,)).fetchall()
    spent = time.monotonic() - start
    for action, _, evidence in rows:
        if action in ("skipped", "rewrite"):
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


def main():
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

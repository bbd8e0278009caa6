#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""chance.py HOTPATH.so [FROM [TO [analyze]]]: advice for statements made by chance.

Each seed gives one statement on one table, and one with subqueries, an outer
join, a union or a group over a join. The advice for it is built and run, and so
is every index of up to three of its columns, or every pair of indexes of one or
two (and a third beside the best pair). Costs are steps and pages, by hotpath's
model; what is more than a tenth dearer than the best is printed."""
import itertools, random, re, sqlite3, sys

ONE = """
CREATE TABLE ev(id INTEGER PRIMARY KEY, usr INT, kind TEXT, state INT, day INT,
 amount REAL, title TEXT, parent INT, gone INT, note TEXT);
WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
INSERT INTO ev SELECT i, i * 31 % 700, 'kind' || (i * 17 % 12),
 CASE WHEN i % 50 = 0 THEN 1 WHEN i % 7 = 0 THEN 2 ELSE 3 END, i * 13 % 2000,
 (i * 7919 % 10007) / 10.0, 'title ' || (i * 101 % 9973),
 CASE WHEN i % 3 = 0 THEN NULL ELSE i * 7 % 5000 END,
 CASE WHEN i % 40 = 0 THEN i END, printf('%.60c', 'x') FROM n;
"""
MANY = """
CREATE TABLE a(id INTEGER PRIMARY KEY, kind INT, city TEXT, day INT, pad TEXT);
CREATE TABLE b(id INTEGER PRIMARY KEY, a INT, state INT, bday INT, pad TEXT);
CREATE TABLE c(id INTEGER PRIMARY KEY, b INT, d INT, qty INT, pad TEXT);
CREATE TABLE d(id INTEGER PRIMARY KEY, name TEXT, grp INT, pad TEXT);
WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
INSERT INTO a SELECT i, i % 40, 'city' || (i * 7 % 200), i * 13 % 365,
 printf('%.40c', 'x') FROM n;
WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO b SELECT i, i * 31 % 1000 + 1, i % 5, i * 17 % 365,
 printf('%.40c', 'x') FROM n;
WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
INSERT INTO c SELECT i, i * 7 % 3000 + 1, i * 11 % 400 + 1, i % 30,
 printf('%.40c', 'x') FROM n;
WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 400)
INSERT INTO d SELECT i, 'name' || i, i % 25, printf('%.40c', 'x') FROM n;
"""
EQUAL = ["usr = 77", "kind = 'kind5'", "state = 1", "state = 3", "day = 1234",
         "parent = 501", "gone IS NULL", "gone IS NOT NULL", "parent IS NULL",
         "title = 'title 500'", "usr IN (3, 55, 300)",
         "kind IN ('kind1', 'kind7')", "state IN (1, 2)",
         "(usr = 5 OR day = 9)", "lower(kind) = 'kind4'"]
RANGE = ["day > 1900", "day BETWEEN 100 AND 160", "amount > 990", "amount < 12",
         "title LIKE 'title 50%'", "title GLOB 'title 50*'", "usr < 20",
         "day % 7 = 3", "state <> 3", "abs(amount) < 5", "id > 19000"]
ORDER = ["day", "day DESC", "amount DESC", "usr, day", "kind, day DESC", "title",
         "id DESC", "state, amount", "day, usr DESC"]
GROUP = ["usr", "kind", "state, kind", "day", "kind, usr"]
OF = {"a": ["a.kind = 7", "a.city = 'city9'", "a.day < 20", "a.kind IN (3, 5)"],
      "b": ["b.state = 3", "b.bday = 77", "b.bday > 350",
            "b.bday BETWEEN 40 AND 50"],
      "c": ["c.qty = 3", "c.qty > 28", "c.d = 44"]}
FORMS = [
    "SELECT a.id, a.pad FROM a WHERE {a} AND EXISTS"
    " (SELECT 1 FROM b WHERE b.a = a.id AND {b}){order}",
    "SELECT a.id, a.pad FROM a WHERE {a} AND NOT EXISTS"
    " (SELECT 1 FROM b WHERE b.a = a.id AND {b}){order}",
    "SELECT a.id, a.pad FROM a WHERE a.id IN"
    " (SELECT b.a FROM b WHERE {b}) AND {a}{order}",
    "SELECT a.id, (SELECT count(*) FROM b WHERE b.a = a.id AND {b})"
    " FROM a WHERE {a}{order}",
    "SELECT a.id, b.pad FROM a LEFT JOIN b ON b.a = a.id AND {b}"
    " WHERE {a}{order}",
    "SELECT a.id FROM a LEFT JOIN b ON b.a = a.id WHERE {a} AND b.id IS NULL"
    "{order}",
    "SELECT a.city, count(*), sum(b.bday) FROM a JOIN b ON b.a = a.id"
    " WHERE {b} GROUP BY a.city ORDER BY 2 DESC LIMIT 10",
    "SELECT b.state, count(*) FROM a JOIN b ON b.a = a.id WHERE {a}"
    " GROUP BY b.state",
    "SELECT a.id, a.day FROM a WHERE {a} UNION ALL SELECT b.id, b.bday FROM b"
    " WHERE {b} ORDER BY 2 LIMIT 15",
    "SELECT b.id, c.qty, d.name FROM b JOIN c ON c.b = b.id LEFT JOIN d"
    " ON d.id = c.d WHERE {b} AND {c} ORDER BY b.bday DESC LIMIT 20",
    "UPDATE b SET pad = 'z' WHERE b.a IN (SELECT a.id FROM a WHERE {a})"
    " AND {b}",
    "DELETE FROM c WHERE EXISTS (SELECT 1 FROM b WHERE b.id = c.b AND {b})"
    " AND {c}"]


def on_one_table(r):
    terms = (r.sample(EQUAL, r.choice([0, 1, 1, 1, 2, 2]))
             + r.sample(RANGE, r.choice([0, 0, 1, 1, 2])))
    where = " WHERE " + " AND ".join(terms) if terms else ""
    form = r.random()
    if form < 0.12:
        return "UPDATE ev SET note = 'y'" + (where or " WHERE usr = 3")
    if form < 0.2:
        return "DELETE FROM ev" + (where or " WHERE usr = 3")
    if form < 0.4:
        keys = r.choice(GROUP)
        what = r.choice(["count(*)", "sum(amount)", "max(day)"])
        tail = r.choice(["", "", f" ORDER BY {keys}", " ORDER BY 2 DESC LIMIT 9"])
        return f"SELECT {keys}, {what} FROM ev{where} GROUP BY {keys}{tail}"
    if form < 0.7:
        limit = r.choice(["", " LIMIT 20", " LIMIT 20 OFFSET 100"])
        what = r.choice(["*", "id", "usr, day"])
        return f"SELECT {what} FROM ev{where} ORDER BY {r.choice(ORDER)}{limit}"
    what = r.choice(["*", "id", "count(*)", "sum(amount)", "max(day)",
                     "min(amount)", "DISTINCT usr"])
    return f"SELECT {what} FROM ev{where}"


def on_many(r):
    terms = {t: " AND ".join(r.sample(of, r.choice([1, 1, 2])))
             for t, of in OF.items()}
    order = r.choice(["", " ORDER BY a.day LIMIT 20", " ORDER BY a.city, a.day",
                      " ORDER BY a.id LIMIT 10"])
    return r.choice(FORMS).format(order=order, **terms)


def cost(c, sql):
    c.execute("BEGIN")
    c.execute("SELECT query_reset()").fetchall()
    c.execute(sql).fetchall()
    steps, pages = c.execute(
        "SELECT vm_steps, pages_hit + pages_missed FROM query_stats"
        " WHERE query NOT LIKE '%query_%' ORDER BY vm_steps DESC").fetchone()
    c.execute("ROLLBACK")
    return (steps * 14.5 + pages * 150) / 1000


def with_indexes(c, bodies, sql, analyze):
    for i, body in enumerate(bodies):
        c.execute(f"CREATE INDEX chance_{i} ON {body}")
    if analyze:
        c.execute("ANALYZE")
    us = cost(c, sql)
    for i in range(len(bodies)):
        c.execute(f"DROP INDEX chance_{i}")
    return us


def keys_of_one(sql):
    plain = re.sub("'[^']*'", "", sql)
    names = [n for n in ("usr", "kind", "state", "day", "amount", "title",
                         "parent", "gone") if re.search(rf"\b{n}\b", plain)]
    names += ["lower(kind)"] if "lower(kind)" in sql else []
    return [f"ev({', '.join(p)})" for k in (1, 2, 3)
            for p in itertools.permutations(names[:6], k)]


def keys_of_many(sql):
    of = {}
    for table, name in re.findall(r"\b([abcd])\.(\w+)", sql):
        if name not in ("id", "pad"):
            of.setdefault(table, set()).add(name)
    return [f"{t}({', '.join(p)})" for t, names in sorted(of.items())
            for k in (1, 2) for p in itertools.permutations(sorted(names), k)]


def best_of(c, sql, keys, most, analyze):
    best, found = cost(c, sql), ()
    for k in range(1, most + 1):
        for bodies in itertools.combinations(keys, k):
            us = with_indexes(c, bodies, sql, analyze)
            if us < best:
                best, found = us, bodies
    for key in keys if most > 1 else ():
        us = with_indexes(c, found + (key,), sql, analyze)
        if us < best:
            best, found = us, found + (key,)
    return best, found


def judge(so, schema, sql, keys, most, analyze):
    c = sqlite3.connect(":memory:", isolation_level=None)
    c.enable_load_extension(True)
    c.load_extension(so)
    c.executescript(schema)
    if analyze:
        c.execute("ANALYZE")
    ours = [ddl[ddl.index(" ON ") + 4:].rstrip(";") for ddl, in c.execute(
        "SELECT ddl FROM suggest_indexes(?) WHERE action = 'create'", (sql,))]
    us = with_indexes(c, ours, sql, analyze)
    best, found = best_of(c, sql, keys(sql), most, analyze)
    if us <= best * 1.1 + 3:
        return 0
    print(f"{us:.0f} us, best {best:.0f} us: {sql}\n    advised: {ours}\n"
          f"    best: {list(found)}", flush=True)
    return 1


def main(so, first=0, last=50, analyze=None):
    dearer = [0, 0]
    for seed in range(int(first), int(last)):
        r = random.Random(seed)
        for i, (schema, make, keys, most) in enumerate(
                ((ONE, on_one_table, keys_of_one, 1),
                 (MANY, on_many, keys_of_many, 2))):
            dearer[i] += judge(so.removesuffix(".so"), schema, make(r), keys,
                               most, analyze)
    n = int(last) - int(first)
    print(f"more than a tenth dearer than the best: {dearer[0]} of {n} on one"
          f" table, {dearer[1]} of {n} with subqueries or joins")


main(*sys.argv[1:])

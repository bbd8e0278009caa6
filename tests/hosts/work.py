# SPDX-License-Identifier: MIT
#
# A Python program that uses hotpath and ends in the way its argument names.
import os
import sqlite3
import sys
import threading

PATH = "work.db"


def connect():
    db = sqlite3.connect(PATH, timeout=10, isolation_level=None,
                         check_same_thread=False)
    db.enable_load_extension(True)
    db.load_extension(os.environ["HOTPATH"])
    db.enable_load_extension(False)
    db.execute("CREATE VIRTUAL TABLE temp.card USING cached("
               "(SELECT front FROM cards WHERE id = :id))")
    return db


def fill():
    db = sqlite3.connect(PATH, isolation_level=None)
    db.execute("PRAGMA journal_mode=wal")
    db.execute("CREATE TABLE cards(id INTEGER PRIMARY KEY, front TEXT)")
    db.execute("INSERT INTO cards VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    db.close()


def work(db):
    for _ in range(20):
        for number in (1, 2, 3):
            row = db.execute("SELECT front FROM card(?)",
                             (number,)).fetchone()
            assert row == ("abc"[number - 1],), row
            db.execute("UPDATE cards SET front = front WHERE id = 3")


def close():
    db = connect()
    work(db)
    db.close()


def exit():
    work(connect())
    sys.exit(0)


def os_exit():
    work(connect())
    os._exit(0)


def thread():
    def body():
        db = connect()
        work(db)
        db.close()

    threads = [threading.Thread(target=body) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def thread_left_running():
    started = threading.Event()

    def body():
        db = connect()
        while True:
            work(db)
            started.set()

    threading.Thread(target=body, daemon=True).start()
    started.wait()


def work_in_child():
    own = connect()
    work(own)
    own.close()
    os._exit(0)


def fork():
    db = connect()
    work(db)
    child = os.fork()
    if child == 0:
        work_in_child()
    work(db)
    assert os.waitpid(child, 0)[1] == 0
    work(db)
    db.close()


def twice():
    db = connect()
    db.enable_load_extension(True)
    db.load_extension(os.environ["HOTPATH"])
    work(db)
    db.close()


def reopen():
    for _ in range(5):
        close()


fill()
globals()[sys.argv[1]]()

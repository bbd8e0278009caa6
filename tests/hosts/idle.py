# SPDX-License-Identifier: MIT
#
# Loading alone opens no file, starts no thread and takes no lock.
import os
import sqlite3


def state():
    descriptors = sorted(
        os.readlink("/proc/self/fd/" + fd)
        for fd in os.listdir("/proc/self/fd")
        if os.path.exists("/proc/self/fd/" + fd)
    )
    with open("/proc/locks") as locks:
        mine = [lock for lock in locks if lock.split()[4] == str(os.getpid())]
    return descriptors, len(os.listdir("/proc/self/task")), len(mine)


db = sqlite3.connect("idle.db")
db.execute("CREATE TABLE t(x)")
db.commit()
before = state()
db.enable_load_extension(True)
db.load_extension(os.environ["HOTPATH"])
db.enable_load_extension(False)
after = state()
assert before == after, (before, after)
db.close()

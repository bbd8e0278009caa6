# SPDX-License-Identifier: MIT
#
# A Tcl program that uses hotpath and ends in the way its argument names.
package require sqlite3

sqlite3 db work.db
db enable_load_extension 1
db eval {SELECT load_extension($env(HOTPATH))}
db eval {CREATE TABLE cards(id INTEGER PRIMARY KEY, front TEXT)}
db eval {INSERT INTO cards VALUES (1, 'a'), (2, 'b')}
db eval {
    CREATE VIRTUAL TABLE temp.card USING
    cached((SELECT front FROM cards WHERE id = :id))
}
for {set i 0} {$i < 20} {incr i} {
    set front [db onecolumn {SELECT front FROM card(2)}]
    if {$front ne "b"} {error "wrong row: $front"}
}
if {[lindex $argv 0] eq "close"} {db close}
exit 0

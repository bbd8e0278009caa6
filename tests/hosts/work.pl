# SPDX-License-Identifier: MIT
#
# A Perl program that uses hotpath and ends in the way its argument names.
use strict;
use warnings;
use DBI;

my $db = DBI->connect("dbi:SQLite:dbname=work.db", "", "", {RaiseError => 1});
$db->sqlite_enable_load_extension(1);
$db->sqlite_load_extension($ENV{HOTPATH});
$db->sqlite_enable_load_extension(0);
$db->do("CREATE TABLE cards(id INTEGER PRIMARY KEY, front TEXT)");
$db->do("INSERT INTO cards VALUES (1, 'a'), (2, 'b')");
$db->do("CREATE VIRTUAL TABLE temp.card USING cached("
    . "(SELECT front FROM cards WHERE id = :id))");
for (1 .. 20) {
    my ($front) = $db->selectrow_array("SELECT front FROM card(?)",
        undef, 2);
    die "wrong row: $front" unless $front eq 'b';
}
$db->disconnect if $ARGV[0] eq 'close';
exit 0;

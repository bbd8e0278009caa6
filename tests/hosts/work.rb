# SPDX-License-Identifier: MIT
#
# A Ruby program that uses hotpath and ends in the way its argument names.
require 'sqlite3'

db = SQLite3::Database.new('work.db')
db.enable_load_extension(true)
db.load_extension(ENV.fetch('HOTPATH'))
db.enable_load_extension(false)
db.execute('CREATE TABLE cards(id INTEGER PRIMARY KEY, front TEXT)')
db.execute("INSERT INTO cards VALUES (1, 'a'), (2, 'b')")
db.execute('CREATE VIRTUAL TABLE temp.card USING cached(' \
           '(SELECT front FROM cards WHERE id = :id))')
20.times do
  row = db.execute('SELECT front FROM card(?)', [2]).first
  raise "wrong row: #{row}" unless row == ['b']
end
db.close if ARGV[0] == 'close'
exit 0

PRAGMA busy_timeout=5000;;
PRAGMA table_info('users');
PRAGMA main.journal_mode = WAL;
PRAGMA key = 'secret';
PRAGMA main . key('secret');
PRAGMA key = x'2DD29CA851E7B56E4697B0E1F08507293D761A05CE4D1B628663F411A8086D99';
PRAGMA key = 1+1+1;
ATTACH 'file:secret.db' AS tenant1;

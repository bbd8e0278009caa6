SELECT * FROM days;
SELECT sum(x) FROM events WHERE at >= 1000 AND at < 1003;
SELECT sum(x) FROM events WHERE at >= 1003 AND at < 1006;
SELECT sum(x) FROM events WHERE at >= 1006 AND at < 1009;
SELECT sum(x) FROM events WHERE at >= 1009 AND at < 1012;
SELECT sum(x) FROM events WHERE at >= 1012 AND at < 1015;
SELECT sum(x) FROM events WHERE at >= 1015 AND at < 1018;
SELECT sum(x) FROM events WHERE at >= 1018 AND at < 1021;
SELECT sum(x) FROM events WHERE at >= 1021 AND at < 1024;

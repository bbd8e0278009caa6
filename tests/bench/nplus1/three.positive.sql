SELECT * FROM a;
SELECT * FROM notes WHERE owner_id = 1000;
SELECT * FROM notes WHERE owner_id = 1003;
SELECT * FROM notes WHERE owner_id = 1006;

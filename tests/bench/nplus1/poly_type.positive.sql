SELECT * FROM a;
SELECT * FROM notes WHERE owner_id = 1000 AND owner_type = 'Post';
SELECT * FROM notes WHERE owner_id = 1003 AND owner_type = 'Post';
SELECT * FROM notes WHERE owner_id = 1006 AND owner_type = 'Post';
SELECT * FROM notes WHERE owner_id = 1009 AND owner_type = 'Post';
SELECT * FROM notes WHERE owner_id = 1012 AND owner_type = 'Post';

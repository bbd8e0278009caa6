SELECT t.* FROM a t JOIN b ON b.id=t.b_id WHERE b.kind=5;
SELECT * FROM c JOIN d ON d.id=c.d_id WHERE d.a_id = 1000;
SELECT * FROM c JOIN d ON d.id=c.d_id WHERE d.a_id = 1003;
SELECT * FROM c JOIN d ON d.id=c.d_id WHERE d.a_id = 1006;
SELECT * FROM c JOIN d ON d.id=c.d_id WHERE d.a_id = 1009;
SELECT * FROM c JOIN d ON d.id=c.d_id WHERE d.a_id = 1012;
SELECT * FROM c JOIN d ON d.id=c.d_id WHERE d.a_id = 1015;
SELECT * FROM c JOIN d ON d.id=c.d_id WHERE d.a_id = 1018;
SELECT * FROM c JOIN d ON d.id=c.d_id WHERE d.a_id = 1021;

SELECT * FROM a;
SELECT * FROM settings ORDER BY name;
SELECT * FROM settings ORDER BY name;
SELECT * FROM settings ORDER BY name;
SELECT * FROM settings ORDER BY name;
SELECT * FROM settings ORDER BY name;
SELECT * FROM settings ORDER BY name;
SELECT * FROM settings ORDER BY name;
SELECT * FROM settings ORDER BY name;

SELECT 1abc;
SELECT x'ABC';
SELECT x'ABCD', X'';
SELECT 'it''s', "id""x", [a b], `c``d` FROM users;
SELECT ?0;
SELECT ?1, ?32766;
SELECT ?32767;
SELECT #1;

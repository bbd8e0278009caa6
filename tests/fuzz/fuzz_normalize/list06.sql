SELECT #a;
SELECT $a::b(c), :x, @y;
SELECT $a(b ) FROM users;
SELECT $a(b ;;
SELECT 1 /*/ x */ + 1 /**/;
SELECT 1 -- c
+ 2 --d;
;;SELECT 1;;;
SELECT 1; SELECT 2;;

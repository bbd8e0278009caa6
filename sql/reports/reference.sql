-- SPDX-License-Identifier: MIT
-- docs/REFERENCE.md: `make reference` writes it, a test compares it.
.mode list
.headers off
SELECT '# Reference

Every table and function that hotpath adds to SQL: this page is `hotpath_help`, written out by `make reference`.
Tables of statistics and functions that change something are for top-level SQL only: views and triggers cannot use them.
';
SELECT '## `' || name
  || CASE WHEN kind LIKE 'function%' OR arguments <> '' THEN '(' || arguments || ')' ELSE '' END
  || '`
' || kind || '. ' || purpose || '

' || CASE WHEN kind LIKE 'function%' THEN 'Returns: ' ELSE 'Columns: ' END || returns || '

```sql
' || replace(example, '; ', ';
') || ';
```
'
FROM hotpath_help;

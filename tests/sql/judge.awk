# SPDX-License-Identifier: MIT
#
# Judges one black-box case: reads the case file, what it printed and what it
# wrote to stderr, prints each failure, and last "passed failed".
# Variables: name, status (exit status of the run).

function fail(message) {
  print name ": " message
  failed++
}

{ part = FILENAME == "out" ? 2 : FILENAME == "err" ? 3 : 1 }

# The case: which sentences must appear, which lines must fail and how.
part == 1 && /^SELECT '/ && FILENAME ~ /\.sql$/ {
  sentence = substr($0, 9)
  gsub(/''/, "\001", sentence)
  sub(/'.*/, "", sentence)
  gsub(/\001/, "'", sentence)
  promised[sentence] = FNR
}
part == 1 && /^-- error: / && FILENAME ~ /\.sql$/ {
  announced = substr($0, 11)
  next
}
part == 1 && announced != "" && !/^[ \t]*(--.*)?$/ {
  wanted[FNR] = announced
  announced = ""
}

# What it printed.
part == 2 && /^[01]?$/ { fail("a row with no sentence: '" $0 "'") }
part == 2 && /\|/ {
  sentence = $0
  sub(/\|[^|]*$/, "", sentence)
  seen[sentence] = 1
  if ($0 ~ /\|1$/) passed++
  else fail("not so: " $0)
}

# What it complained about.
part == 3 && match($0, /near line [0-9]+:/) {
  line = substr($0, RSTART + 10, RLENGTH - 11) + 0
  if (line in wanted && index($0, wanted[line])) {
    met[line] = 1
    passed++
  } else {
    fail($0)
  }
  next
}
part == 3 && !/^  / && NF { fail("stderr: " $0) }

END {
  for (line in wanted) {
    n_wanted++
    if (!(line in met)) fail("line " line " did not fail: " wanted[line])
  }
  for (sentence in promised) {
    if (!(sentence in seen)) fail("no row: " sentence)
  }
  if (status > (n_wanted > 0 ? 1 : 0)) fail("exit status " status)
  if (passed + failed == 0) fail("checked nothing")
  print passed + 0, failed + 0
}

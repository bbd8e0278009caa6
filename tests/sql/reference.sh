#!/bin/sh
# SPDX-License-Identifier: MIT
#
# docs/REFERENCE.md is what hotpath_help says.
# shellcheck disable=SC2086 # HOST_WRAP is several words
$HOST_WRAP sqlite3 -cmd '.load ./hotpath' :memory: < root/sql/reports/reference.sql > now
if cmp -s now root/docs/REFERENCE.md; then same=1; else same=0; fi
echo "docs/REFERENCE.md is hotpath_help written out (make reference)|$same"

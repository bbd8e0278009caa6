#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Makes sure that what a make target needs is there:
#
#     setup.sh build|test|hosts|demo|lint|valgrind|fuzz|cover ...
#
# Each line of needs() is a Debian package and the command that succeeds when
# it is there already. What is missing is installed with apt, as root or with
# sudo; on any other system one sentence says what to install. A missing
# optional package (marked '?') is reported and its users do without it.
set -u

has() {
  command -v "$1" >/dev/null 2>&1
}

header() {
  echo "#include <$1>" | ${CC:-cc} -E -x c - >/dev/null 2>&1
}

# SQLite's headers, of version 3.38 (sqlite3_vtab_rhs_value) or newer.
sqlite_headers() {
  printf '#include <sqlite3ext.h>\n#if SQLITE_VERSION_NUMBER < 3038000\n%s\n#endif\n' \
    '#error too old' | ${CC:-cc} -E -x c - >/dev/null 2>&1
}

perl_module() {
  perl -M"$1" -e 1 >/dev/null 2>&1
}

tcl_package() {
  echo "package require $1" | tclsh 2>/dev/null | grep -q '[0-9]' ||
    echo "puts [package require $1]" | tclsh 2>/dev/null | grep -q '[0-9]'
}

file() {
  [ -e "$1" ]
}

needs() {
  case $1 in
  build) cat <<'END'
gcc has cc
libc6-dev header stdio.h
libsqlite3-dev sqlite_headers
libxxhash-dev header xxhash.h
END
    ;;
  test) cat <<'END'
check header check.h
pkg-config has pkg-config
sqlite3 has sqlite3
binutils has nm
END
    ;;
  hosts) cat <<'END'
?python3 file /usr/bin/python3
?libdbd-sqlite3-perl perl_module DBD::SQLite
?tcl has tclsh
?libsqlite3-tcl tcl_package sqlite3
END
    ;;
  demo) cat <<'END'
sqlite3 has sqlite3
?edict file /usr/share/edict/edict
END
    ;;
  lint) cat <<'END'
clang-format has clang-format
clang-tidy has clang-tidy
cppcheck has cppcheck
universal-ctags has ctags
END
    ;;
  valgrind) echo "valgrind has valgrind" ;;
  fuzz) echo "clang has clang" ;;
  cover) echo "lcov has lcov" ;;
  *)
    echo "setup.sh: unknown need '$1'" >&2
    exit 2
    ;;
  esac
}

# Prints the packages of the needs $@ whose test fails, '?' kept.
missing() {
  for need in "$@"; do
    needs "$need" | while read -r package probe argument; do
      "$probe" "$argument" </dev/null || echo "$package"
    done
  done
}

# Runs a command as root, or fails.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif has sudo; then
    sudo "$@"
  else
    return 1
  fi
}

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -y -o DPkg::Lock::Timeout=600 "$@" >"$log" 2>&1
}

# Installs $@ with apt, refreshing the package lists if they are too old.
install() {
  has apt-get || return 1
  echo "hotpath: installing $* (apt)"
  apt install --no-install-recommends "$@" ||
    { apt update && apt install --no-install-recommends "$@"; } ||
    { tail -n 5 "$log" >&2; return 1; }
}

# Serialises several makes that find the same packages missing.
if has flock && [ -z "${HOTPATH_SETUP_LOCKED:-}" ]; then
  lock=${TMPDIR:-/tmp}/hotpath-setup-$(id -u).lock
  HOTPATH_SETUP_LOCKED=1 exec flock "$lock" sh "$0" "$@"
fi

required=$(missing "$@" | grep -v '^?' | sort -u | tr '\n' ' ')
optional=$(missing "$@" | sed -n 's/^?//p' | sort -u | tr '\n' ' ')
[ -n "$required$optional" ] || exit 0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# shellcheck disable=SC2086 # the lists are split into words on purpose
if [ -n "$required" ] && ! install $required; then
  echo "hotpath: please install ${required% } (Debian's package names)" \
    "and run make again." >&2
  exit 1
fi
still=$(missing "$@" | grep -v '^?' | sort -u | tr '\n' ' ')
if [ -n "$still" ]; then
  echo "hotpath: what this system's packages give is too old or incomplete:" \
    "${still% } (SQLite's headers must be 3.38 or newer to build with;" \
    "hotpath.so then loads into SQLite 3.34 and newer)." >&2
  exit 1
fi
for package in $optional; do
  install "$package" ||
    echo "hotpath: without the package $package some parts are skipped."
done

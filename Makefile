# hotpath: `make help` lists the targets.
B      ?= build
CC     ?= cc
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
WARN   := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
          -Wmissing-prototypes -Wformat=2 -Wundef -Wvla -Werror
BASE   := -std=c11 -D_GNU_SOURCE -U_FORTIFY_SOURCE -Iext $(WARN) -MMD -MP
SO     := -fPIC -fvisibility=hidden
# A hit crosses a dozen small files: optimise across them where the compiler can.
LTO    := $(if $(filter build,$(B)),$(shell echo | $(CC) -flto=auto -shared -x c - \
          -o /dev/null 2>/dev/null && echo -flto=auto))
LINK   := -shared -Wl,-z,nodelete,-z,defs -Wl,--exclude-libs,ALL -pthread

SRC    := $(sort $(wildcard ext/*.c ext/*/*.c))
MODS   := support demo $(notdir $(patsubst %/,%,$(wildcard ext/*/)))
DEMO   := $(filter-out tests/demo/test_%,$(wildcard tests/demo/*.c))
TSRC   := tests/main.c $(sort $(wildcard tests/support/*.c) \
          $(filter-out tests/demo/main.c,$(DEMO)) $(foreach m,$(MODS),$(wildcard tests/$m/test_*.c)))
SUITES := $(foreach m,$(MODS),$(patsubst tests/$m/test_%.c,$m_%,$(wildcard tests/$m/test_*.c)))
SOBJ   := $(SRC:%.c=$(B)/so/%.o)
COBJ   := $(SRC:%.c=$(B)/t/%.o)
TOBJ   := $(COBJ) $(TSRC:%.c=$(B)/t/%.o)

# A black-box part is an executable tests/<part>/run.sh: it gets SO, ROOT, BIN
# and HOST_WRAP, prints "<part>: N passed, M failed" and exits with 0 if M is
# 0. Its tests/<part>/*.c are programs linked with libsqlite3, in $BIN.
PARTS  := $(patsubst tests/%/run.sh,%,$(wildcard tests/*/run.sh))
TESTS  ?= unit $(PARTS)
PROGS   = $(patsubst %.c,$(B)/bin/%,$(wildcard tests/$1/*.c))
BENCHES:= $(patsubst %.c,$(B)/bin/%,$(wildcard tests/bench/bench_*.c))
BLIB   := $(patsubst %.c,$(B)/t/%.o,$(filter-out tests/bench/bench_% tests/bench/replay.c,$(wildcard tests/bench/*.c)))
FUZZ   := $(patsubst %.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*.c))
SAN    := -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all
SAN_TESTS := $(filter-out symbols readme,$(TESTS))
runtime = $(shell $(CC) -print-file-name=lib$1.so)
# One short line for each command; V=1 shows the command, -s nothing.
run     = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@echo '  $1';)
SETUP   = @sh tests/support/setup.sh $(1) && mkdir -p $(B) && touch $@

.PHONY: all test unit sql-test $(PARTS) demo bench bench-demo bench-advice bench-chance \
        soak mutate replay lint asan tsan valgrind \
        cover fuzz format install reference help clean
all: $(B)/hotpath.so $(if $(filter build,$(B)),hotpath.so) ## build hotpath.so

$(B)/hotpath.so: $(SOBJ)
	$(call run,link $@)$(CC) $(CFLAGS) $(LTO) $(LINK) -o $@ $^
hotpath.so: $(B)/hotpath.so
	@ln -sf $< $@

$(B)/so/%.o: %.c | $(B)/.setup-build
	@mkdir -p $(@D)
	$(call run,cc $<)$(CC) $(BASE) $(SO) $(CFLAGS) $(LTO) -c -o $@ $<
$(B)/t/%.o: %.c | $(B)/.setup-build $(B)/.setup-test
	@mkdir -p $(@D)
	$(call run,cc $<)$(CC) $(BASE) -DSQLITE_CORE -Itests -I$(B) $(CFLAGS) -c -o $@ $<
$(B)/.setup-%: tests/support/setup.sh
	$(call SETUP,$*)

# One suite per tests/<module>/test_<file>.c: Suite *<module>_<file>_suite(void)
$(B)/suites.h: $(TSRC)
	@mkdir -p $(@D)
	@printf 'X(%s)\n' $(SUITES) > $@
$(B)/t/tests/main.o: $(B)/suites.h
$(B)/unit: $(TOBJ)
	$(call run,link $@)$(CC) $(CFLAGS) -o $@ $^ $(shell pkg-config --libs check) -lsqlite3 -pthread

test: all | $(B)/.setup-test $(B)/.setup-hosts ## run every test, print the sum
	@MAKE='$(MAKE)' sh tests/support/total.sh $(TESTS)
unit: $(B)/unit ## run the unit tests (CK_RUN_SUITE=base_hash: one; HEAP_ALL=1: each allocation fails)
	$(B)/unit
sql-test: sql ## run the black-box SQL tests in the sqlite3 shell
symbols: ## check what hotpath.so exports and needs
hosts: $(B)/.setup-hosts ## load hotpath.so into Python, Perl, Tcl, Ruby, shell
coherence: ## readers and writers in several processes never disagree
oracle: ## every cached read repeated uncached (OPS=1000000 SEED=1)
soak: ## the oracle for longer: make soak OPS=10000000
	@$(MAKE) oracle OPS=$${OPS:-2000000}
mutate: all $(B)/unit $(call PROGS,oracle) $(call PROGS,coherence) ## each rule off: a test must fail (ONLY=rule)
	@UNIT_OBJ='$(TOBJ)' sh tests/oracle/mutate.sh $(abspath $(B)/bin/tests) $(ONLY)
.SECONDEXPANSION:
$(PARTS): all $(B)/.setup-test $$(call PROGS,$$@)
	@SO=$(abspath $(B)/hotpath.so) ROOT=$(CURDIR) BIN=$(abspath $(B)/bin/tests/$@) \
	  HOST_WRAP='$(HOST_WRAP)' tests/$@/run.sh
$(B)/bin/%: %.c | $(B)/.setup-build
	@mkdir -p $(@D)
	$(call run,cc $<)$(CC) $(BASE) -Itests $(CFLAGS) -o $@ $< -lsqlite3 -pthread

RUN_DEMO = $(B)/bin/demo --so $(abspath $(B)/hotpath.so) --dir $(B)/demo $(if $(DISK),--disk)
demo: all $(B)/bin/demo | $(B)/.setup-demo ## flashcards, naive against hotpath (yours: DB=file SQL=file)
	@$(RUN_DEMO) $${DB:+--db "$$DB"} $${SQL:+--sql "$$SQL"}
bench-demo: all $(B)/bin/demo | $(B)/.setup-demo ## the demo pipeline from naive to hotpath, medians
	@$(RUN_DEMO) --bench $(or $(RUNS),3)
$(B)/bin/demo: $(DEMO:%.c=$(B)/t/%.o)
	@mkdir -p $(@D)
	$(call run,link $@)$(CC) $(CFLAGS) -o $@ $^ -lsqlite3
flashcards: $(B)/bin/demo ## check migrations, demo and examples
bench: all $(BENCHES) ## ratios measured side by side (BENCH=name: one of them)
	@sh tests/bench/bench.sh $(abspath $(B))
	@$(if $(filter-out demo,$(BENCH)),,$(MAKE) --no-print-directory bench-demo)
$(BENCHES): $(B)/bin/%: $(B)/t/%.o $(BLIB) $(COBJ)
	@mkdir -p $(@D)
	$(call run,link $@)$(CC) $(CFLAGS) -o $@ $^ -lsqlite3 -pthread -ldl
$(B)/bin/tests/bench/replay: $(B)/t/tests/bench/replay.o $(COBJ)
	@mkdir -p $(@D)
	$(call run,link $@)$(CC) $(CFLAGS) -o $@ $^ -lsqlite3 -pthread -ldl -lm
bench-advice: all $(B)/bin/tests/advice/drive ## index advice against others', minutes (WORKLOAD=name: one)
	@nice $(firstword $(wildcard /usr/bin/python3) python3) tests/advice/bench.py $(abspath $(B)/hotpath.so) $(abspath $(B)/bin/tests/advice/drive) $(WORKLOAD)
bench-chance: all ## advice for statements made by chance against all indexes (FROM=0 TO=100 ANALYZE=1)
	@nice $(firstword $(wildcard /usr/bin/python3) python3) tests/advice/chance.py $(abspath $(B)/hotpath.so) $(or $(FROM),0) $(or $(TO),100) $(ANALYZE)
replay: $(B)/bin/tests/bench/replay ## hit ratios of the cache's policies on traces
	@$< -t $(or $(HOTPATH_SHARED),../shared)/workloads/cache
	@$< -s $(or $(SEED),1)
lint: $(B)/.setup-build $(B)/.setup-test $(B)/.setup-lint ## format, layers, static analysis
	@CFLAGS='$(BASE)' sh tests/support/lint.sh
format: $(B)/.setup-lint ## rewrite the C files as .clang-format says
	@find ext tests -name '*.[ch]' | xargs clang-format -i
asan: ## run the tests under the address and undefined sanitizers
	@$(MAKE) B=$(B)-asan CFLAGS='$(SAN) -fsanitize=address,undefined' TESTS='$(SAN_TESTS)' test OPS=60000 \
	  CK_TIMEOUT_MULTIPLIER=10 HOST_WRAP='env ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD=$(call runtime,asan):$(call runtime,ubsan)'
tsan: ## run the tests under the thread sanitizer
	@$(MAKE) B=$(B)-tsan CFLAGS='$(SAN) -fsanitize=thread -Wno-tsan' TESTS='$(SAN_TESTS)' test OPS=60000 \
	  CK_TIMEOUT_MULTIPLIER=10 HOST_WRAP='env LD_PRELOAD=$(call runtime,tsan)' \
	  TSAN_OPTIONS=suppressions=$(CURDIR)/tests/support/tsan.supp
valgrind: | $(B)/.setup-valgrind ## run the black-box SQL tests under valgrind
	@$(MAKE) TESTS=sql test \
	  HOST_WRAP='valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite'
cover: | $(B)/.setup-cover ## unit-test coverage, in build-cover/html
	@$(MAKE) B=$(B)-cover CFLAGS='-O0 -g --coverage' unit
	@lcov -q -c -d $(B)-cover/t/ext -b . -o $(B)-cover/info && \
	  genhtml -q -o $(B)-cover/html $(B)-cover/info && lcov --summary $(B)-cover/info
fuzz: $(FUZZ) ## run each fuzzer for FUZZ_S=20 seconds from its seeds
	@for f in $^; do n=$$(basename $$f); mkdir -p $(B)/fuzz/$$n.new; \
	  $$f -max_total_time=$${FUZZ_S:-20} -verbosity=0 $(B)/fuzz/$$n.new \
	    $$(ls -d tests/fuzz/$$n 2>/dev/null) || exit 1; done
$(B)/fuzz/%: %.c $(SRC) | $(B)/.setup-build $(B)/.setup-fuzz
	@mkdir -p $(@D)
	clang $(filter-out -MMD -MP,$(BASE)) -DSQLITE_CORE -g -O1 -fsanitize=fuzzer,address,undefined -o $@ $< $(SRC) -lsqlite3 -pthread
install: all ## install under DESTDIR and PREFIX=/usr/local
	install -D -m 755 $(B)/hotpath.so $(DESTDIR)$(PREFIX)/lib/sqlite3/hotpath.so
	install -D -m 644 ext/hotpath.h $(DESTDIR)$(PREFIX)/include/hotpath.h
reference: all ## write docs/REFERENCE.md from hotpath_help
	@sqlite3 -cmd '.load $(B)/hotpath' :memory: < sql/reports/reference.sql > docs/REFERENCE.md

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n",$$1,$$2}' $(MAKEFILE_LIST)
clean: ## remove what was built
	rm -rf build build-* hotpath.so

-include $(SOBJ:.o=.d) $(TOBJ:.o=.d) $(DEMO:%.c=$(B)/t/%.d) \
  $(patsubst $(B)/bin/%,$(B)/t/%.d,$(BENCHES))

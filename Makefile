# hotpath: `make help` lists the targets.
B      ?= build
CC     ?= cc
CFLAGS ?= -O2 -g
WARN   := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
          -Wmissing-prototypes -Wformat=2 -Wundef -Wvla -Werror
BASE   := -std=c11 -D_GNU_SOURCE -U_FORTIFY_SOURCE -Iext $(WARN) -MMD -MP
SO     := -fPIC -fvisibility=hidden
LINK   := -shared -Wl,-z,nodelete -Wl,--exclude-libs,ALL -pthread

SRC    := $(sort $(wildcard ext/*.c ext/*/*.c))
MODS   := support $(notdir $(patsubst %/,%,$(wildcard ext/*/)))
TSRC   := tests/main.c $(sort $(wildcard tests/support/*.c) \
          $(foreach m,$(MODS),$(wildcard tests/$m/test_*.c)))
SUITES := $(foreach m,$(MODS),$(patsubst tests/$m/test_%.c,$m_%,$(wildcard tests/$m/test_*.c)))
SOBJ   := $(SRC:%.c=$(B)/so/%.o)
TOBJ   := $(SRC:%.c=$(B)/t/%.o) $(TSRC:%.c=$(B)/t/%.o)

.PHONY: all unit help clean
all: $(B)/hotpath.so ## build hotpath.so

$(B)/hotpath.so: $(SOBJ)
	$(CC) $(CFLAGS) $(LINK) -o $@ $^

$(B)/so/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SO) $(CFLAGS) -c -o $@ $<

$(B)/t/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(BASE) -DSQLITE_CORE -Itests -I$(B) $(CFLAGS) -c -o $@ $<

# One suite per tests/<module>/test_<file>.c: Suite *<module>_<file>_suite(void)
$(B)/suites.h: $(TSRC)
	@mkdir -p $(@D)
	@printf 'X(%s)\n' $(SUITES) > $@
$(B)/t/tests/main.o: $(B)/suites.h

$(B)/unit: $(TOBJ)
	$(CC) $(CFLAGS) -o $@ $^ $(shell pkg-config --libs check) -lsqlite3 -pthread

unit: $(B)/unit ## run the unit tests (Check)
	$(B)/unit

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n",$$1,$$2}' $(MAKEFILE_LIST)

clean: ## remove what was built
	rm -rf $(B)

-include $(SOBJ:.o=.d) $(TOBJ:.o=.d)

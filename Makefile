# GNU make. README.md says what the targets are for.
VERSION = 0.1.0
BUILD = build
PREFIX = /usr/local
SANITIZE =
WERROR = -Werror
CFLAGS = -O2 -g
ONLY =
FUZZ_SECONDS = 60
SEEDS = 1 2 3 4 5 6 7 8 9 10
HOURS = 24
SEED = 1
KILLS = 1000
BOUNDARIES = 0
CASE =
N = 1000000
DB =

APP_PACKAGES = ncursesw sqlite3 jansson inih openssl zlib
TEST_PACKAGES = check vterm

# pkg-config is asked once, when the first compiler line needs the answer: on a fresh machine it only
# exists after tools/deps.sh has run. Feature macros stay ours, whatever a library suggests.
PKG_CONFIG = pkg-config
exists = $(shell $(PKG_CONFIG) --exists $(1) 2>/dev/null && echo yes)
ask = $(if $(call exists,$(2)),,$(error one of $(2) is missing (or $(PKG_CONFIG)): run "make deps"))$(filter-out \
	-D_XOPEN_SOURCE% -D_DEFAULT_SOURCE% -D_GNU_SOURCE%,$(shell $(PKG_CONFIG) $(1) $(2)))
APP_CFLAGS = $(eval APP_CFLAGS := $(call ask,--cflags,$(APP_PACKAGES)))$(APP_CFLAGS)
APP_LIBS = $(eval APP_LIBS := $(call ask,--libs,$(APP_PACKAGES)))$(APP_LIBS)
TEST_CFLAGS = $(eval TEST_CFLAGS := $(call ask,--cflags,$(TEST_PACKAGES)))$(TEST_CFLAGS)
TEST_LIBS = $(eval TEST_LIBS := $(call ask,--libs,$(TEST_PACKAGES)))$(TEST_LIBS)
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1))

DEFINES = -D_POSIX_C_SOURCE=200809L -D_XOPEN_SOURCE=700 -D_DEFAULT_SOURCE -D_DARWIN_C_SOURCE \
	-DSORTIE_VERSION='"$(VERSION)"'
WARNINGS = -Wall -Wextra -Wshadow -Wconversion $(WERROR)
ifeq ($(SANITIZE),)
# _FORTIFY_SOURCE needs an optimizing compiler.
FORTIFY = $(if $(filter-out -O0,$(filter -O%,$(CFLAGS))),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
HARDEN = $(FORTIFY) -fstack-protector-strong -fPIE
LINK = -fPIE -pie
else
HARDEN = -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
LINK = -fsanitize=$(SANITIZE)
endif
COMPILE_FLAGS = -std=c11 $(DEFINES) -Iinclude $(WARNINGS) $(HARDEN) -pthread $(APP_CFLAGS)
TEST_FLAGS = -Itests $(TEST_CFLAGS) -DSOURCE_DIR='"$(CURDIR)"' -DTEST_DATA='"$(CURDIR)/tests/data"' \
	-DBUILD_DIR='"$(abspath $(BUILD))"'

MAINS = src/main.c src/sim/main.c
SOURCES = $(sort $(filter-out $(MAINS),$(wildcard src/*.c src/*/*.c)))
SUPPORT = $(wildcard tests/support/*.c)
TESTS = $(wildcard tests/unit/*.c tests/integration/*.c tests/crash/test_*.c)
BENCHES = $(wildcard tests/bench/*.c)
SOAKS = $(wildcard tests/soak/*.c)
CRASHES = tests/crash/crash.c
TRUTHS = $(wildcard tests/truth/*.c)
FUZZERS = $(wildcard tests/fuzz/*.c)
HEADERS = $(wildcard include/*/*.h src/*/*.h tests/*/*.h)
MANUALS = $(wildcard man/*.[1-9])

comma = ,
# One short line a step; V=1 shows the commands.
step = $(if $(V),,@echo '  $(1)' && )
object = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
program = $(patsubst %.c,$(BUILD)/%,$(1))
PROGRAMS = $(BUILD)/sortie $(BUILD)/sortie-sim
LIBRARY = $(BUILD)/libsortie.a
ALL_SOURCES = $(SOURCES) $(MAINS) $(SUPPORT) $(TESTS) $(BENCHES) $(FUZZERS) $(SOAKS) $(CRASHES) $(TRUTHS)

.PHONY: all programs tests demo test bench check-truth property lint lint-run asan tsan valgrind soak crash fuzz fuzzers install uninstall clean deps
.SECONDARY:

all: $(PROGRAMS)
	@:
programs: all
	@:
tests: $(call program,$(TESTS) $(TRUTHS))
	@:
fuzzers: $(call program,$(FUZZERS))
	@:

$(BUILD)/sortie: $(call object,src/main.c) $(LIBRARY)
$(BUILD)/sortie-sim: $(call object,src/sim/main.c) $(LIBRARY)
$(PROGRAMS):
	$(call step,link $@)$(CC) $(CFLAGS) $(LINK) $(LDFLAGS) -pthread -o $@ $^ $(APP_LIBS) -lm

# Appended to a new archive, never replaced by name: two rooms may each have a market.c.
$(LIBRARY): $(call object,$(SOURCES))
	@rm -f $@
	$(call step,archive $@)$(AR) qcs $@ $^

$(BUILD)/obj/tests/%.o: tests/%.c Makefile
	@mkdir -p $(@D)
	$(call step,compile $<)$(CC) $(COMPILE_FLAGS) $(TEST_FLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call step,compile $<)$(CC) $(COMPILE_FLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(LIBRARY)
	@mkdir -p $(@D)
	$(call step,link $@)$(CC) $(CFLAGS) $(LINK) -fsanitize=fuzzer $(LDFLAGS) -pthread -o $@ $^ $(APP_LIBS) -lm

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(call object,$(SUPPORT)) $(LIBRARY)
	@mkdir -p $(@D)
	$(call step,link $@)$(CC) $(CFLAGS) $(LINK) $(LDFLAGS) -pthread -o $@ $^ $(TEST_LIBS) $(APP_LIBS) -lm

demo:
	@tools/deps.sh demo
	@$(MAKE) --no-print-directory $(JOBS) all
	@exec $(BUILD)/sortie --demo

test:
	@tools/deps.sh test
	@$(MAKE) --no-print-directory $(JOBS) programs tests
	@SANITIZE=$(SANITIZE) tools/run-tests.sh $(BUILD) $(ONLY)

bench:
	@tools/deps.sh test
	@$(MAKE) --no-print-directory $(JOBS) programs $(call program,$(BENCHES))
	@over=0; for program in $(call program,$(BENCHES)); do \
		$$program || over=1; export BENCH_CONTINUES=1; done; exit $$over

asan:
	@tools/deps.sh asan
	@$(MAKE) --no-print-directory test BUILD=$(BUILD)/asan SANITIZE=address,undefined CFLAGS='-O1 -g'

tsan:
	@tools/deps.sh tsan
	@$(MAKE) --no-print-directory test BUILD=$(BUILD)/tsan SANITIZE=thread CFLAGS='-O1 -g'

VALGRIND = valgrind -q --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
	--error-exitcode=99
valgrind:
	@tools/deps.sh valgrind
	@$(MAKE) --no-print-directory $(JOBS) programs tests BUILD=$(BUILD)/valgrind CFLAGS='-O1 -g'
	@VALGRIND='$(VALGRIND)' tools/run-tests.sh $(BUILD)/valgrind $(ONLY)

# Positions, trades and statistics of a database, recomputed from its fills.
check-truth:
	@tools/deps.sh test
	@$(MAKE) --no-print-directory $(JOBS) $(call program,$(TRUTHS))
	@$(call program,$(TRUTHS)) "$(DB)"

# The position engine and the slow model on N random sequences of fills and prices.
property:
	@tools/deps.sh test
	@$(MAKE) --no-print-directory $(JOBS) $(BUILD)/tests/unit/test_position_property
	@PROPERTY_SEQUENCES=$(N) $(BUILD)/tests/unit/test_position_property

# A seed on each processor, and no disk: what is waited for is the session, not fsync().
soak:
	@tools/deps.sh test
	@$(MAKE) --no-print-directory $(JOBS) $(call program,$(SOAKS))
	@memory=$$(test -w /dev/shm && echo /dev/shm || echo "$${TMPDIR:-/tmp}"); \
		printf '%s\n' $(SEEDS) | TMPDIR=$$memory xargs -P "$$(getconf _NPROCESSORS_ONLN)" -n 1 \
		$(call program,$(SOAKS)) $(HOURS)

# By what the linker takes over, the program hears of each write of the store.
$(call program,$(CRASHES)): LDFLAGS += $(addprefix -Wl$(comma)--wrap=,fsync fdatasync ftruncate truncate \
	unlink link rename fdopen fflush writer_post)

crash:
	@tools/deps.sh test
	@$(MAKE) --no-print-directory $(JOBS) $(call program,$(CRASHES))
	@memory=$$(test -w /dev/shm && echo /dev/shm || echo "$${TMPDIR:-/tmp}"); \
		TMPDIR=$$memory $(call program,$(CRASHES)) $(SEED) $(KILLS) $(BOUNDARIES) $(CASE)

fuzz:
	@tools/deps.sh fuzz
	@$(MAKE) --no-print-directory $(JOBS) fuzzers BUILD=$(BUILD)/fuzz CC=clang \
		SANITIZE=fuzzer-no-link,address,undefined CFLAGS='-O1 -g'
	@tools/run-fuzz.sh $(BUILD)/fuzz $(FUZZ_SECONDS) $(ONLY)

lint:
	@tools/deps.sh lint
	@$(MAKE) --no-print-directory $(JOBS) lint-run

TIDY = $(patsubst %.c,$(BUILD)/tidy/%.ok,$(SOURCES) $(wildcard $(MAINS)))
lint-run: $(TIDY)
	clang-format --dry-run -Werror $(wildcard $(ALL_SOURCES)) $(HEADERS)
	tools/check-includes.sh
	$(if $(MANUALS),mandoc -Tlint -Wwarning $(MANUALS))
	@if command -v shellcheck >/dev/null; then set -x; shellcheck tools/*.sh .ci/run; fi

# Behind the object, so that a changed header is looked at again too.
$(BUILD)/tidy/%.ok: $(BUILD)/obj/%.o .clang-tidy
	@mkdir -p $(@D)
	@echo '  clang-tidy $*.c'
	@clang-tidy --quiet $*.c -- $(filter-out $(WERROR),$(COMPILE_FLAGS)) 2>$@.log || { cat $@.log; exit 1; }
	@touch $@

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/doc/sortie
	install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 config/sortie.ini $(wildcard LICENSE README.md) $(DESTDIR)$(PREFIX)/share/doc/sortie
	for page in $(MANUALS); do section=$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}; \
		install -d $$section && install -m 644 $$page $$section || exit 1; done

uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/bin/,$(notdir $(PROGRAMS)))
	rm -f $(foreach page,$(MANUALS),$(DESTDIR)$(PREFIX)/share/man/man$(subst .,,$(suffix $(page)))/$(notdir $(page)))
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/sortie

clean:
	rm -rf $(BUILD)

deps:
	@tools/deps.sh all

-include $(patsubst %.c,$(BUILD)/obj/%.d,$(ALL_SOURCES))

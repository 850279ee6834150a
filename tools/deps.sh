#!/bin/sh
# Installs what a group of make targets needs and this machine lacks: deps.sh demo|test|lint|asan|tsan|valgrind|fuzz|all
# Looks for the things themselves, not for packages, so a machine that has them needs no root.
set -eu

# name       apt              dnf                 pacman    apk               brew          why
TABLE='
cc           gcc,libc6-dev    gcc,glibc-devel     gcc       gcc,musl-dev      gcc           compiler
pkg-config   pkg-config       pkgconf-pkg-config  pkgconf   pkgconf           pkgconf       finds_the_libraries
ncursesw     libncurses-dev   ncurses-devel       ncurses   ncurses-dev       ncurses       the_screen
sqlite3      libsqlite3-dev   sqlite-devel        sqlite    sqlite-dev        sqlite        the_database
jansson      libjansson-dev   jansson-devel       jansson   jansson-dev       jansson       JSON
inih         libinih-dev      inih-devel          libinih   inih-dev          inih          settings
openssl      libssl-dev       openssl-devel       openssl   openssl-dev       openssl@3     TLS
zlib         zlib1g-dev       zlib-devel          zlib      zlib-dev          zlib          compressed_history
uthash       uthash-dev       uthash-devel        uthash    uthash-dev        uthash        hash_tables
check        check            check-devel         check     check-dev         check         unit_tests
vterm        libvterm-dev     libvterm-devel      libvterm  libvterm-dev      libvterm      screen_tests
clang-format clang-format     clang-tools-extra   clang     clang-extra-tools clang-format  formatting
clang-tidy   clang-tidy       clang-tools-extra   clang     clang-extra-tools llvm          static_analysis
mandoc       mandoc           mandoc              mandoc    mandoc            mandoc        manual_pages
address      gcc,libc6-dev    libasan,libubsan    gcc       -                 gcc           tests_under_AddressSanitizer
thread       gcc,libc6-dev    libtsan             gcc       -                 gcc           tests_under_ThreadSanitizer
valgrind     valgrind         valgrind            valgrind  valgrind          -             tests_under_valgrind
libfuzzer    clang,libclang-rt-dev clang,compiler-rt clang,compiler-rt clang,compiler-rt llvm fuzzing
'
demo='cc pkg-config ncursesw sqlite3 jansson inih openssl zlib uthash'
test="$demo check vterm"
lint="$test clang-format clang-tidy mandoc"
case ${1:-all} in
demo) wanted=$demo ;;
test) wanted=$test ;;
lint) wanted=$lint ;;
asan) wanted="$test address" ;;
tsan) wanted="$test thread" ;;
valgrind) wanted="$test valgrind" ;;
fuzz) wanted="$test libfuzzer" ;;
all) wanted="$lint address thread libfuzzer" ;;
*) echo "usage: $0 demo|test|lint|asan|tsan|valgrind|fuzz|all" >&2 && exit 2 ;;
esac

compiler=${CC:-cc}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

compiles() { # a first line of C, options
    line=$1
    shift
    printf '%s\n#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' "$line" >"$scratch/a.c"
    # shellcheck disable=SC2086 # CC may carry options
    $compiler "$@" -o "$scratch/a" "$scratch/a.c" >/dev/null 2>&1
}

has() {
    case $1 in
    cc) compiles '' ;;
    uthash) compiles '#include <uthash.h>' -fsyntax-only ;;
    address) compiles '' -fsanitize=address,undefined ;;
    thread) compiles '' -fsanitize=thread ;;
    libfuzzer) (compiler=clang && compiles '' -Dmain=LLVMFuzzerTestOneInput -fsanitize=fuzzer,address,undefined) ;;
    ncursesw | sqlite3 | jansson | inih | openssl | zlib | check | vterm) pkg-config --exists "$1" 2>/dev/null ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

look() { # sets `missing`
    missing=
    for name in $wanted; do
        has "$name" || missing="$missing $name"
    done
}

field() { # name, column
    printf '%s' "$TABLE" | awk -v name="$1" -v column="$2" '$1 == name { print $column }'
}

look
[ -n "$missing" ] || exit 0

for manager in apt-get dnf pacman apk brew none; do
    command -v "$manager" >/dev/null 2>&1 && break
done
case $manager in
apt-get) column=2 install='apt-get install -y -qq --no-install-recommends' ;;
dnf) column=3 install='dnf install -y -q' ;;
pacman) column=4 install='pacman -Sy --noconfirm --needed' ;;
apk) column=5 install='apk add --quiet' ;;
brew) column=6 install='brew install' ;;
none)
    echo "Missing:$missing. None of apt-get, dnf, pacman, apk and brew is here; please install them by hand." >&2
    exit 1
    ;;
esac

packages=
echo "sortie needs these, which are not on this machine yet:"
for name in $missing; do
    package=$(field "$name" "$column" | tr ',' ' ')
    printf '  %-13s %-24s %s\n' "$name" "$package" "$(field "$name" 7 | tr '_' ' ')"
    [ "$package" = - ] || packages="$packages $package"
done
packages=$(printf '%s\n' "$packages" | tr ' ' '\n' | sed '/^$/d' | sort -u | tr '\n' ' ')

root=
if [ "$manager" != brew ] && [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "Only root may install them, and there is no sudo. As root, run: $install $packages" >&2
        exit 1
    fi
    root=sudo
    [ -t 0 ] || root='sudo -n'
fi

run() {
    echo "+ $*"
    "$@"
}
# shellcheck disable=SC2086 # lists of words
if [ "$manager" = apt-get ]; then
    run $root apt-get update -qq || echo "The package lists could not be refreshed; trying with those here." >&2
    run $root env DEBIAN_FRONTEND=noninteractive $install $packages
elif [ -n "$packages" ]; then
    run $root $install $packages
fi || {
    echo "The packages could not be installed; the reason is above. The command was: $install $packages" >&2
    exit 1
}

look
if [ -n "$missing" ]; then
    echo "Still missing after the installation:$missing. Please install them by hand." >&2
    exit 1
fi

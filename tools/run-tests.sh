#!/bin/sh
# Runs the test programs under BUILD, as many at a time as there are processors, and adds up what they
# report: run-tests.sh BUILD [ONLY]. ONLY picks the programs whose name contains it.
# The last line has the form of Check's own summary. A program that ends without a summary, or says
# that it checked nothing, counts as an error.
# With VALGRIND set, each runs under it, but for those whose work is done by programs that they start
# (it would look at the wrong one), that measure, or that take many times as long as all others.
set -u

if [ "$1" = --one ]; then # --one PROGRAM RESULT: one program, for xargs
    # shellcheck disable=SC2086 # VALGRIND is words
    ${VALGRIND:-} "$2" </dev/null >"$3" 2>&1
    echo "exit status $?" >>"$3"
    exit 0
fi

build=$1
only=${2:-}
case ${SANITIZE:-}${VALGRIND:+valgrind} in
'') CK_DEFAULT_TIMEOUT=${CK_DEFAULT_TIMEOUT:-60} ;;
*) CK_DEFAULT_TIMEOUT=${CK_DEFAULT_TIMEOUT:-60} CK_TIMEOUT_MULTIPLIER=${CK_TIMEOUT_MULTIPLIER:-5} && export CK_TIMEOUT_MULTIPLIER ;;
esac
CK_VERBOSITY=${CK_VERBOSITY:-normal}
export CK_DEFAULT_TIMEOUT CK_VERBOSITY

# ThreadSanitizer cannot map its memory where the kernel randomizes addresses more than it knows.
calm=
[ "${SANITIZE:-}" = thread ] && setarch "$(uname -m)" -R true 2>/dev/null && calm="setarch $(uname -m) -R"

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)

# The sources say what belongs to the suite, not what an old build has left. Long ones first. Unit tests without
# threads are nothing for ThreadSanitizer, which makes them ten times as long.
names=$(for file in tests/crash/test_*.c tests/integration/*.c tests/unit/*.c; do
    name=${file#tests/}
    case ${SANITIZE:-}:$file in thread:tests/unit/*) grep -q -E 'pthread|writer_|log_open' "$file" || continue ;; esac
    case $file in *'*'*) ;; *"$only"*) echo "${name%.c}" ;; esac
done)
if [ -n "${VALGRIND:-}" ]; then
    CK_TIMEOUT_MULTIPLIER=600
    names=$(echo "$names" | grep -Ev 'crash/|_process|_console|_allocations|_floods|_property|_scenario$|/test_ui')
fi
[ -n "$names" ] || { echo "No test matches '$only'." >&2 && exit 1; }

# shellcheck disable=SC2086 # $calm is words
for name in $names; do
    printf '%s %s\n' "$build/tests/$name" "$results/$(echo "$name" | tr / .)"
done | xargs -P "$jobs" -n 2 $calm sh "$0" --one

checks=0 failures=0 errors=0 failed=
for name in $names; do
    result="$results/$(echo "$name" | tr / .)"
    # "100%: Checks: 8, Failures: 0, Errors: 0" becomes "8 0 0".
    counts=$(sed -n 's/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\)$/\1 \2 \3/p' "$result" | tail -n 1)
    # shellcheck disable=SC2086 # three words
    set -- ${counts:-0 0 0}
    state=$(tail -n 1 "$result")
    if [ "$state" != 'exit status 0' ] || [ "$1" -eq 0 ]; then
        failed="$failed $name"
        [ $(($2 + $3)) -gt 0 ] || set -- $(($1 + 1)) "$2" $(($3 + 1))
    fi
    echo "$name: $(($1 > 0 ? ($1 - $2 - $3) * 100 / $1 : 0))%: Checks: $1, Failures: $2, Errors: $3"
    checks=$((checks + $1)) failures=$((failures + $2)) errors=$((errors + $3))
done
# Last, because of a long log often only the end is kept.
for name in $failed; do
    echo "--- $name failed, the last of what it said:"
    tail -n 40 "$results/$(echo "$name" | tr / .)"
done
echo "$((checks > 0 ? (checks - failures - errors) * 100 / checks : 0))%: Checks: $checks, Failures: $failures, Errors: $errors"
[ $((failures + errors)) -eq 0 ]

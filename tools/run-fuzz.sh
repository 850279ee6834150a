#!/bin/sh
# Runs the fuzz targets under BUILD, SECONDS each and as many at a time as there are processors, from the
# corpus in tests/fuzz/corpus on: run-fuzz.sh BUILD SECONDS [ONLY]. ONLY picks those whose name contains it.
# New inputs that reach new code are kept in BUILD/NAME, and so is the input of a finding. Into the corpus go a few of
# them: BUILD/tests/fuzz/fuzz_NAME -merge=1 tests/fuzz/corpus/NAME BUILD/NAME
set -u

if [ "$1" = --one ]; then # --one BUILD SECONDS NAME: one target, for xargs
    build=$2 seconds=$3 name=$4
    mkdir -p "$build/$name"
    "$build/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -max_len=2048 -timeout=10 -rss_limit_mb=512 \
        -print_final_stats=1 -artifact_prefix="$build/$name/" "$build/$name" "tests/fuzz/corpus/$name" \
        </dev/null >"$build/$name.log" 2>&1
    echo "exit status $?" >>"$build/$name.log"
    exit 0
fi

build=$1 seconds=$2 only=${3:-}
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
# Freed memory is kept aside for a while; more than this would count against the limit.
export ASAN_OPTIONS="quarantine_size_mb=16:${ASAN_OPTIONS:-}"

# AddressSanitizer cannot map its memory where the kernel randomizes addresses more than it knows.
calm=
setarch "$(uname -m)" -R true 2>/dev/null && calm="setarch $(uname -m) -R"

names=$(for file in tests/fuzz/fuzz_*.c; do
    name=${file#tests/fuzz/fuzz_}
    case ${name%.c} in *"$only"*) echo "${name%.c}" ;; esac
done)
[ -n "$names" ] || { echo "No fuzz target matches '$only'." >&2 && exit 1; }

# shellcheck disable=SC2086 # $calm is words
echo "$names" | xargs -P "$jobs" -n 1 $calm sh "$0" --one "$build" "$seconds"

targets=0 runs=0 findings=0
for name in $names; do
    log="$build/$name.log"
    count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
    speed=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log" | tail -n 1)
    if [ "$(tail -n 1 "$log")" != 'exit status 0' ] || [ "${count:-0}" -eq 0 ]; then
        echo "--- $name has a finding:"
        grep -v '^#' "$log" | tail -n 60
        findings=$((findings + 1))
        echo "$name: a finding; its input is $(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)"
    else
        echo "$name: $count inputs, $speed a second"
    fi
    targets=$((targets + 1)) runs=$((runs + ${count:-0}))
done
echo "$targets targets, $runs inputs, $findings with a finding"
[ "$findings" -eq 0 ]

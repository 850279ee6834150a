#!/bin/sh
# Checks what no compiler does: includes point down only, every header has its room, no source is too
# long, no mark of unfinished work. Run from the top of the tree.
set -u

# room: the rooms it may include beside itself. sim and ui list single headers of a sibling too.
allowed() {
    case $1 in
    base) ;;
    trade) echo base ;;
    dtc | state | store) echo trade base ;;
    sim) echo dtc trade base ;;
    ui) echo state/snapshot.h state/command.h store/query.h trade base ;;
    engine) echo state store dtc trade base ;;
    cmd) echo ui engine state store dtc sim trade base ;;
    *) echo unknown ;;
    esac
}

findings=$(
    for file in include/*/*.h include/*/*.def src/*/*.[ch]; do
        if [ ! -f "$file" ] || [ "$file" = src/sim/main.c ]; then
            continue
        fi
        room=${file#*/}
        room=${room%%/*}
        may=" $room $(allowed "$room") "
        sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$file" |
            while read -r header; do
                case $header in
                */*) ;;
                *) echo "$file: \"$header\" lacks its room, as in \"$room/$header\"" && continue ;;
                esac
                case $may in
                *" ${header%%/*} "* | *" $header "*) ;;
                *) echo "$file: $room may not include $header" ;;
                esac
            done
    done

    for header in include/*/*.h; do
        room=${header#include/}
        grep -qsF "#include \"$room\"" src/"${room%%/*}"/*.c include/"${room%%/*}"/*.h ||
            echo "$header: nothing in src/${room%%/*} includes it"
    done

    for file in Makefile .ci/run tools/*.sh include/*/* src/*.c src/*/* tests/*/*.[ch]; do
        [ -f "$file" ] || continue
        lines=$(wc -l <"$file")
        case $file in
        include/dtc/messages.def | tests/*) ;;
        *) [ "$lines" -le 600 ] || echo "$file: $lines lines; more than 600 ask to be split" ;;
        esac
        [ "$file" = tools/check-includes.sh ] || grep -nHE '(TODO|FIXME|XXX)' "$file" |
            grep -v 'XXXXXX' | sed 's/$/   (mark of unfinished work)/'
    done
)
[ -z "$findings" ] && exit 0
printf '%s\n' "$findings"
exit 1

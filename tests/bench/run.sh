#!/usr/bin/env bash
# run.sh DIR [ROUNDS]: what the sensor costs, beside a bare libpcap loop over the same captures.
#
# Makes the standard captures in DIR where they are missing (2.2 GB), builds what is released in
# build/bench, measures one capture after the other, and prints a table. Exit status: 0 all gates
# held, 1 some did not, 2 it could not be measured.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
build=$root/build/bench

# The captures: a name, the highest ratio and the highest peak memory in MiB that are allowed (-: any),
# and the options of the maker.
captures() {
    cat <<'TABLE'
mixed 3 200 --profile mixed
logins 8 - --profile logins
hard - - --profile logins --sessions 50000 --split 0.5 --wild --reorder 0.02 --retrans 0.02
flows 6 - --profile flows
TABLE
}

fail() {
    printf 'run.sh: %s\n' "$*" >&2
    exit 2
}

# Runs a command and shows what it said only if it failed.
quietly() {
    local output
    output=$("$@" 2>&1) || fail "failed: $*: $output"
}

build_all() {
    cd -- "$root" || fail "no $root"
    quietly cmake --preset release -B "$build" -DBUILD_TESTING=ON
    quietly cmake --build "$build" --parallel 2 --target basictap bench_ratio bench_makecapture
}

# A capture that is half made has another name.
make_capture() {
    local path=$1
    shift
    [[ -f $path ]] && return 0
    "$build/tests/bench/bench_makecapture" "$@" --out "$path.part" --truth "${path%.pcap}.jsonl" ||
        fail "cannot make $path"
    mv -- "$path.part" "$path"
}

describe_machine() {
    printf '%s, %s cores, load %s; %s rounds, the fastest of each\n\n' \
        "$(awk -F ': *' '/^model name/ {print $2; exit}' /proc/cpuinfo)" "$(nproc)" \
        "$(cut -d ' ' -f 1 /proc/loadavg)" "$1"
    printf '%-8s %9s %10s %10s %11s %7s %6s %9s %9s  %s\n' capture packets 'bare ns/p' 'ns/packet' \
        'packets/s' ratio gate 'peak MiB' 'gate MiB' ''
}

# Prints a line of the table; fails if a gate does not hold. The numbers are those of bench_ratio's
# line, counted from its end.
measure() {
    local name=$1 max_ratio=$2 max_peak=$3 path=$4 rounds=$5 line
    line=$("$build/tests/bench/bench_ratio" "$build/basictap" "$path" "$rounds") ||
        fail "cannot measure $path"
    awk -v name="$name" -v max_ratio="$max_ratio" -v max_peak="$max_peak" '{
        is_held = (max_ratio == "-" || $(NF - 3) <= max_ratio) && (max_peak == "-" || $(NF - 1) < max_peak)
        printf "%-8s %9d %10s %10s %11d %7s %6s %9s %9s  %s\n", name, $(NF - 13), $(NF - 11), \
            $(NF - 8), $(NF - 6), $(NF - 3), max_ratio, $(NF - 1), max_peak, \
            max_ratio max_peak == "--" ? "" : is_held ? "held" : "MISSED"
        exit !is_held
    }' <<<"$line"
}

main() {
    local folder=${1-} rounds=${2:-5} status=0 name max_ratio max_peak options
    [[ -n $folder ]] || fail 'usage: run.sh DIR [ROUNDS]'
    mkdir -p -- "$folder"
    folder=$(cd -- "$folder" && pwd -P)
    build_all
    while read -r name max_ratio max_peak options; do
        # shellcheck disable=SC2086 # the options are words
        make_capture "$folder/$name.pcap" $options
    done < <(captures)
    describe_machine "$rounds"
    while read -r name max_ratio max_peak options; do
        measure "$name" "$max_ratio" "$max_peak" "$folder/$name.pcap" "$rounds" || status=1
    done < <(captures)
    return "$status"
}

main "$@"

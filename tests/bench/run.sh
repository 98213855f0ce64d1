#!/usr/bin/env bash
# run.sh DIR [ROUNDS]: what the sensor costs, beside a bare libpcap loop over the same captures.
#
# Makes the standard captures in DIR where they are missing (2.7 GB), builds what is released in
# build/bench, measures one capture after the other, and prints two tables: of clear traffic, and of
# TLS with and without its keys. Exit status: 0 all gates held, 1 some did not, 2 it could not be
# measured.
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

# Those of TLS, and the traffic of no protocol that a session without keys is compared to.
tls_captures() {
    cat <<'TABLE'
tlsbulk --profile tlsbulk
tlslogins --profile tlslogins
anybulk --profile anybulk
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
    "$build/tests/bench/bench_makecapture" "$@" --out "$path.part" --truth "${path%.pcap}.jsonl" \
        --keys "${path%.pcap}.keys" ||
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

# Prints "packets bare-ns sensor-ns ratio peak-MiB" of a capture; options are for the sensor.
numbers() {
    local path=$1 rounds=$2 line
    shift 2
    line=$("$build/tests/bench/bench_ratio" "$build/basictap" "$path" "$rounds" "$@") ||
        fail "cannot measure $path"
    awk '{print $(NF - 13), $(NF - 11), $(NF - 8), $(NF - 3), $(NF - 1)}' <<<"$line"
}

# A line of the second table. The key log's last line says how many sessions and bytes of content there
# are.
measure_tls() {
    local folder=$1 rounds=$2 name=$3 label=$4 is_opened=$5
    local keys=$folder/$name.keys options=()
    [[ $is_opened == yes ]] && options=(--keylog "$keys")
    numbers "$folder/$name.pcap" "$rounds" "${options[@]}" | awk -v label="$label" \
        -v made="$(tail -n 1 "$keys")" '{
        split(made, words, " ")
        seconds = $1 * $3 * 1e-9
        printf "%-20s %9d %10s %10s %7s %8.0f %11.0f %9s\n", label, $1, $2, $3, $4, \
            words[5] / seconds / 1e6, words[3] / seconds, $5
    }'
}

# The second table; fails if packets of sessions without keys cost more than those of plain flows. Their
# ratios are compared, as each is one of neighbours in time: both captures have the same packets.
compare_tls() {
    local folder=$1 rounds=$2 closed plain
    printf '\n%-20s %9s %10s %10s %7s %8s %11s %9s\n' tls packets 'bare ns/p' 'ns/packet' ratio \
        'MB/s' 'sessions/s' 'peak MiB'
    measure_tls "$folder" "$rounds" tlsbulk 'tlsbulk, keys' yes
    closed=$(measure_tls "$folder" "$rounds" tlsbulk 'tlsbulk, no keys' no)
    plain=$(measure_tls "$folder" "$rounds" anybulk anybulk no)
    printf '%s\n' "$closed" "$plain"
    measure_tls "$folder" "$rounds" tlslogins 'tlslogins, keys' yes
    measure_tls "$folder" "$rounds" tlslogins 'tlslogins, no keys' no
    awk -v closed="$(awk '{print $(NF - 3)}' <<<"$closed")" \
        -v plain="$(awk '{print $(NF - 3)}' <<<"$plain")" -v most=1.10 'BEGIN {
        is_held = closed / plain <= most
        printf "\nA packet of a session without keys costs %.2f of one of a plain flow; gate %.2f  %s\n", \
            closed / plain, most, is_held ? "held" : "MISSED"
        exit !is_held
    }'
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
    while read -r name options; do
        # shellcheck disable=SC2086
        make_capture "$folder/$name.pcap" $options
    done < <(tls_captures)
    describe_machine "$rounds"
    while read -r name max_ratio max_peak options; do
        measure "$name" "$max_ratio" "$max_peak" "$folder/$name.pcap" "$rounds" || status=1
    done < <(captures)
    compare_tls "$folder" "$rounds" || status=1
    return "$status"
}

main "$@"

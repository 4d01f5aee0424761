# Shared by the benchmarks; sourced, never run.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
pawl=$root/.build/release/pawl
bench=$root/.build/release/pawl-bench

swift build -c release --product pawl >&2
swift build -c release --product pawl-bench >&2

# On the disk of the checkout, not in /tmp, which may be memory: what the journal costs depends on it.
mkdir -p .build/benchmarks
work=$(mktemp -d "$root/.build/benchmarks/XXXXXX")
trap 'rm -rf "$work"' EXIT

say() { printf '%s\n' "$*" >&2; }
# Microseconds since 1970.
micros() { printf '%s\n' "${EPOCHREALTIME/[.,]/}"; }
# The median of one number a line.
median() { sort -g | awk '{ v[NR] = $1 } END { if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# make_study FOLDER: a repository whose task only prints a number. Twelve knobs, 10^24 candidates; the seed's noise is below the
# smallest step, so that most candidates are decided by one attempt.
make_study() {
  mkdir -p "$1"
  {
    printf '#!/bin/sh\n'
    for knob in A B C D E F G H I J K L; do printf '%s=50  # pawl: 0...100\n' "$knob"; done
    printf 'sum=0\nfor knob in $A $B $C $D $E $F $G $H $I $J $K $L; do sum=$((sum + (knob - 37) * (knob - 37))); done\n'
    printf 'echo "val: $sum.$((100000 + PAWL_SEED %% 900000))"\n'
  } >"$1/task.sh"
  cat >"$1/pawl.yaml" <<'YAML'
study: bench
command: sh task.sh
metric:
  name: val
  pattern: '^val: ([0-9.]+)$'
  direction: minimize
editable: [task.sh]
sandbox:
  level: full
workers: 2
YAML
  git -C "$1" init -q -b main
  git -C "$1" add -A
  git -C "$1" -c user.name=bench -c user.email=bench@localhost commit -q -m start
}

# children_cpu: leaves in `cpu_ms` the user and system time, in ms, of all children that have ended so far, and theirs.
children_cpu() {
  # Not in a subshell, which has no children.
  times >"$work/times"
  cpu_ms=$(awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); s += t[1] * 60 + t[2] } print s * 1000 }' "$work/times")
}

# run_watched COMMAND…: runs it, and leaves its wall time in `wall_us`, its own peak memory in `peak_kib`, and in the file `cpu` of
# the work folder now and then the milliseconds since 1970 and its own CPU time until then, in ticks of 10 ms.
run_watched() {
  local began key value stat
  peak_kib=0
  : >"$work/cpu"
  began=$(micros)
  "$@" >"$work/run.out" 2>"$work/run.err" &
  local process=$!
  # The high-water mark only rises, so the last look is the answer; what comes after it is missed for 50 ms at most.
  while kill -0 "$process" 2>/dev/null; do
    while read -r key value _; do [ "$key" = VmHWM: ] && peak_kib=$value; done 2>/dev/null <"/proc/$process/status" || true
    if read -r -a stat <"/proc/$process/stat"; then echo "$(($(micros) / 1000)) $((stat[13] + stat[14]))"; fi 2>/dev/null >>"$work/cpu"
    sleep 0.05
  done
  wait "$process" || { cat "$work/run.err" >&2; return 1; }
  wall_us=$(($(micros) - began))
}

#!/bin/sh
# Measures the journal: appends, opening with the chain checked, queries, memory. Usage: run.sh [folder] [trials]
set -eu
cd "$(dirname "$0")"
swift build -c release --product Benchmark
exec "$(swift build -c release --show-bin-path)/Benchmark" "$@"

#!/usr/bin/env bash
# Sizes of the source: Swift files below Sources with their median and largest, the share of comment lines, C and tests.
set -euo pipefail
cd "$(dirname "$0")/.."
swift_files() { find "$1" -name '*.swift' -not -path '*/.build*' -print0; }
lines() { xargs -0 wc -l | awk '$2 != "total" { print $1, $2 }' | sort -n; }

sizes=$(swift_files Sources | lines)
echo "$sizes" | awk '
    { size[NR] = $1; name[NR] = $2; all += $1; if ($1 <= 20) tiny++; if ($1 > 400) large++ }
    END {
        median = NR % 2 ? size[(NR + 1) / 2] : (size[NR / 2] + size[NR / 2 + 1]) / 2
        printf "Swift files         %d, %d lines\n", NR, all
        printf "median              %s lines\n", median
        printf "largest             %d lines, %s\n", size[NR], name[NR]
        printf "of at most 20       %d\nabove 400           %d\n", tiny, large
    }'
swift_files Sources | xargs -0 cat | awk '
    NF { code++ } /^[[:space:]]*\/\// { comments++ }
    END { printf "comment lines       %.1f %% of those that are not empty\n", 100 * comments / code }'
find Sources -name '*.[ch]' -o -name '*.cpp' | xargs cat | wc -l | awk '{ printf "C and C++           %d lines\n", $1 }'
swift_files Tests | xargs -0 cat | wc -l | awk '{ printf "Swift of tests      %d lines\n", $1 }'

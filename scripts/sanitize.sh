#!/usr/bin/env bash
# Runs what stands on our C code under AddressSanitizer and UndefinedBehaviorSanitizer: CLuaBridge (LuaKitTests), CMedia
# (MediaTests), CSentencePiece (TextTests). A finding ends the run. Not here: CReadline, which needs the whole shell, and
# CTorch, which needs a libtorch that is built for it. Arguments go to `swift test`.
#
# Leaks are not looked for: the runtimes of Swift and GLib keep what they allocate once.
set -euo pipefail
cd "$(dirname "$0")/.."
export LTXSH_SANITIZE=1
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 UBSAN_OPTIONS=print_stacktrace=1
# UBSan's runtime is part of ASan's, so one build has both.
options=(--scratch-path .build-sanitize --sanitize address -Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=undefined
    -Xcxx -fsanitize=undefined -Xcxx -fno-sanitize-recover=undefined)
swift build --build-tests "${options[@]}"
swift test --skip-build --no-parallel "${options[@]}" "$@"

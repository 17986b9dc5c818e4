#!/usr/bin/env bash
# Two hosts on one machine, network namespaces joined by a cable: trains on a rank of each, cuts the cable in the middle (taken down, or
# gone silent), looks how long both take to end, mends it and goes on: the weights must be those of the run that was left alone.
#
#     scripts/ranks-hosts.sh [down|silent]      down; needs root and iproute2; LTXSH names a program that is built already
set -euo pipefail
cd "$(dirname "$0")/.."
how=${1:-down}
if [ -z "${LTXSH:-}" ]; then
    swift build --product ltxsh
    LTXSH=.build/debug/ltxsh
fi
work=$(mktemp -d) hosts=(ltxsh-$$-0 ltxsh-$$-1)
clean() {
    for host in "${hosts[@]}"; do
        ip netns pids "$host" 2>/dev/null | xargs -r kill -KILL 2>/dev/null || true
        ip netns del "$host" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap clean EXIT
export HOME=$work
for host in "${hosts[@]}"; do
    ip netns add "$host"
    ip -n "$host" link set lo up
done
ip link add cable0 netns "${hosts[0]}" type veth peer name cable1 netns "${hosts[1]}"
for n in 0 1; do
    ip -n "${hosts[n]}" addr add "10.79.0.1$n/24" dev cable$n
    ip -n "${hosts[n]}" link set cable$n up
done
start() { # NAME
    : >"$work/steps"
    pids=()
    for n in 0 1; do
        ip netns exec "${hosts[n]}" env RANK=$n WORLD_SIZE=2 LOCAL_RANK=0 MASTER_ADDR=10.79.0.10 MASTER_PORT=29400 \
            GLOO_SOCKET_IFNAME=cable$n "$LTXSH" --threads 1 scripts/resume.lua "$work/$1.yaml" >>"$work/steps" 2>"$work/err$n" &
        pids+=($!)
    done
}
sums() { (cd "$work/$1" && sha256sum checkpoints/*00040* ema/*00040*); }

"$LTXSH" scripts/resume.lua prepare "$work" 6 lora >/dev/null 2>&1
for name in alone cut; do sed "s|^output_dir:.*|output_dir: $work/$name|" "$work/config.yaml" >"$work/$name.yaml"; done
start alone
wait "${pids[0]}" && wait "${pids[1]}" || { cat "$work"/err?; exit 1; }

start cut
until step=$(tail -n 1 "$work/steps") && [ "${step#step }" -ge 9 ] 2>/dev/null; do
    kill -0 "${pids[0]}" || { cat "$work"/err?; exit 1; }
    sleep 0.1
done
at=$(date +%s%N)
if [ "$how" = down ]; then ip -n "${hosts[0]}" link set cable0 down; else
    # To a station that is not there.
    for n in 0 1; do ip -n "${hosts[n]}" neigh replace "10.79.0.1$((1 - n))" lladdr 02:00:00:00:00:99 dev cable$n nud permanent; done
fi
for n in 0 1; do
    status=0
    wait "${pids[n]}" || status=$?
    echo "rank $n ended with status $status within $((($(date +%s%N) - at) / 1000000)) ms: $(grep -m 1 'error:' "$work/err$n" | cut -c 1-160)"
done
if [ "$how" = down ]; then ip -n "${hosts[0]}" link set cable0 up; else
    for n in 0 1; do ip -n "${hosts[n]}" neigh del "10.79.0.1$((1 - n))" dev cable$n; done
fi
start cut
wait "${pids[0]}" && wait "${pids[1]}" || { echo "the resume failed"; cat "$work"/err?; exit 1; }
grep -h 'goes on after' "$work/err0"
if [ "$(sums cut)" = "$(sums alone)" ]; then echo "the same weights and averages"; else
    echo "others than those of the run that was left alone"
    exit 1
fi

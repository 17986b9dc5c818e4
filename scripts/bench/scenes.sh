#!/usr/bin/env bash
# Scene detection: ours against PySceneDetect on the same files, at equal cuts, and against bare decoding.
#
#   scripts/bench/scenes.sh [VIDEO ...]       with no video: 640x360 and 1080p h264 made by ffmpeg, 40 s each
#   PYTHON=/path/to/python                    a Python with scenedetect and opencv-python (default python3)
#   RUNS=5                                    runs of each, in turn; medians are printed
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-python3} runs=${RUNS:-5}
"$python" -c 'import scenedetect, cv2' 2>/dev/null || {
    echo "scenes: '$python' has no scenedetect or cv2; set PYTHON (pip install scenedetect opencv-python-headless)" >&2
    exit 1
}
swift build -c release --product scene-bench >/dev/null
ours=$(swift build -c release --show-bin-path)/scene-bench

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
videos=("$@")
if [ ${#videos[@]} = 0 ]; then
    for size in 640x360 1920x1080; do
        inputs=() labels=""
        for index in 0 1 2 3 4 5 6 7 8 9; do
            case $((index % 5)) in
                0) source="testsrc2=s=$size:r=30" ;;
                1) source="mandelbrot=s=$size:r=30:start_scale=0.$((index + 1))" ;;
                2) source="gradients=s=$size:r=30:seed=$((index * 7 + 1)):speed=0.02" ;;
                3) source="testsrc=s=$size:r=30" ;;
                4) source="cellauto=s=320x180:r=30:rule=$((index * 9 + 18)),scale=$size,format=yuv420p" ;;
            esac
            inputs+=(-f lavfi -t 4 -i "$source")
            labels+="[$index:v]format=yuv420p,setsar=1[v$index];"
        done
        chain=$(printf '[v%s]' 0 1 2 3 4 5 6 7 8 9)
        ffmpeg -nostdin -v error "${inputs[@]}" -filter_complex "$labels${chain}concat=n=10" -c:v libx264 -preset medium \
            -crf 23 "$work/$size.mp4"
        videos+=("$work/$size.mp4")
    done
fi
exec "$python" scripts/bench/scenes_compare.py "$ours" "$runs" "${videos[@]}"

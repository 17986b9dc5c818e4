#!/usr/bin/env bash
# Builds libltxnccl.so beside libltxtorch.so: ranks on CUDA devices then average their gradients with NCCL instead of through host memory.
#
#     scripts/nccl.sh [FOLDER]      .build/debug; where libltxtorch.so is
#
# LIBTORCH is a libtorch for CUDA; NVIDIA the folder `nvidia` of its wheels, with cu13/include (nvidia-cuda-runtime, nvidia-cuda-crt,
# nvidia-cuda-cccl) and nccl/include (nvidia-nccl).
set -euo pipefail
cd "$(dirname "$0")/.."
libtorch=${LIBTORCH:-$PWD/.deps/libtorch} nvidia=${NVIDIA:-$libtorch/../nvidia} folder=${1:-.build/debug}
[ -e "$libtorch/lib/libtorch_cuda.so" ] || { echo "nccl.sh: '$libtorch' is a libtorch without CUDA; set LIBTORCH" >&2; exit 1; }
for header in "$nvidia/cu13/include/cuda_runtime.h" "$nvidia/nccl/include/nccl.h"; do
    [ -e "$header" ] || { echo "nccl.sh: no '$header'; set NVIDIA" >&2; exit 1; }
done
"${CXX:-c++}" -std=c++20 -O2 -fPIC -shared -DUSE_C10D_NCCL \
    -isystem "$nvidia/cu13/include" -isystem "$nvidia/nccl/include" \
    -isystem "$libtorch/include" -isystem "$libtorch/include/torch/csrc/api/include" \
    Sources/CTorchLibrary/NCCL/NCCL.cpp -o "$folder/libltxnccl.so" \
    -L"$libtorch/lib" -ltorch_cuda -ltorch_cpu -lc10_cuda -lc10 -Wl,-rpath,'$ORIGIN/libtorch/lib' -Wl,-rpath,"$libtorch/lib"
echo "$folder/libltxnccl.so"

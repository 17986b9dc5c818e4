# ltxsh on a machine with NVIDIA cards:
#   docker build -t ltxsh .
#   docker run --rm -it --gpus all -v "$PWD:/work" ltxsh
FROM swift:6.1-bookworm AS build
ENV DEBIAN_FRONTEND=noninteractive
WORKDIR /src
COPY . .
# The CUDA build of libtorch whatever the machine that builds has.
RUN scripts/setup.sh --cuda --no-video && scripts/install.sh /opt/ltxsh

FROM debian:bookworm-slim
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends \
        ca-certificates ffmpeg less libavformat59 libavcodec59 libavutil57 libswscale6 libswresample4 liblcms2-2 libreadline8 \
        libyaml-0-2 libsentencepiece0 libchafa0 libglib2.0-0 liblua5.4-0 zlib1g libpangocairo-1.0-0 libcurl4 libgomp1 fonts-dejavu-core && \
    rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/ltxsh /opt/ltxsh
ENV PATH=/opt/ltxsh/bin:$PATH NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
WORKDIR /work
ENTRYPOINT ["ltxsh"]

# syntax=docker/dockerfile:1
#
#   docker build --tag bunny:0.1.0 .                 Bunny: one executable on distroless, nothing else
#   docker build --tag bee:0.1.0 --target bee .      Bee, the demo app
#   docker buildx build --platform linux/amd64,linux/arm64 …
#
# The bases are pinned by the digests of their indexes, which have both architectures. To look for newer ones:
#   docker buildx imagetools inspect gcr.io/distroless/cc-debian12:nonroot
#
# The executable needs glibc and libgcc_s (hence distroless "cc", which brings CA certificates and time zones too),
# /proc, and /etc/hosts, which the container runtime provides. It needs no shell, no home and no /tmp.
ARG BUILD_IMAGE=docker.io/library/node:24-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot@sha256:9dac0a79194e45a7da0158a9c6da57b217585af0786db3845d1f0ec1a0dd182f
ARG DENO_VERSION=2.9.6

# Runs on the builder's own architecture and compiles for the target's.
FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE} AS source
ARG DENO_VERSION
RUN npm install --global "deno@${DENO_VERSION}"
WORKDIR /build
COPY deno.json deno.lock ./
COPY src src
COPY deploy/build.ts deploy/runtime.ts deploy/
COPY tests/bee tests/bee
COPY tests/support tests/support

# Bunny starts with all permissions, which watching a process takes, and gives up what its configuration doesn't need.
# Compiled for the builder's own architecture, it is started once: what V8 made of its code goes into the image, where
# it would have to be made again at each start, for nothing can be written there. For another architecture that can't
# be done, and a start takes longer.
FROM source AS build-bunny
ARG BUILDARCH
ARG TARGETARCH
RUN case "$TARGETARCH" in amd64) cpu=x86_64 ;; arm64) cpu=aarch64 ;; *) exit 1 ;; esac \
  && deno task build --target "$cpu-unknown-linux-gnu" --output image/bunny
RUN if [ "$TARGETARCH" = "$BUILDARCH" ]; then \
  echo "{}" > empty.yaml && TMPDIR=/ image/bunny check --config empty.yaml && mv /deno-compile-bunny.cache image/; fi

FROM source AS build-bee
ARG TARGETARCH
RUN case "$TARGETARCH" in amd64) cpu=x86_64 ;; arm64) cpu=aarch64 ;; *) exit 1 ;; esac \
  && deno task build --entry tests/bee/main.ts --allow-net --allow-env \
    --target "$cpu-unknown-linux-gnu" --output image/bee

FROM ${RUNTIME_IMAGE} AS bee
LABEL org.opencontainers.image.title="Bee" \
  org.opencontainers.image.description="A demo app to probe: its health follows a sine wave" \
  org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build-bee /build/image/ /
WORKDIR /
USER 1312:1312
EXPOSE 2624 3936 5248 6560
ENTRYPOINT ["/bee"]

# Last, so that it is what a build without --target makes.
FROM ${RUNTIME_IMAGE} AS bunny
ARG VERSION=0.1.0
ARG REVISION
LABEL org.opencontainers.image.title="Bunny" \
  org.opencontainers.image.description="Runs an app's health probes and answers Kubernetes with PromQL verdicts" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
COPY --from=build-bunny /build/image/ /
# Where Deno looks for what V8 made of the code. One arena for all threads, most of which rest: 2 MiB less. And the
# runtime looks for what is ready after each of its tasks: after 61 of them, its default, verdicts are late under load.
ENV TMPDIR=/ MALLOC_ARENA_MAX=1 DENO_TOKIO_EVENT_INTERVAL=1
# The base's own is the home of its user 65532, which nobody else may enter: with some container runtimes a process of
# ours would not even start there.
WORKDIR /
USER 1312:1312
EXPOSE 1312
ENTRYPOINT ["/bunny"]

# syntax=docker/dockerfile:1
# The image: heard, the libraries that it is linked with, certificates, and nothing else: no shell, no package manager.
#
#   docker build --build-arg COMMIT="$(git rev-parse --short=12 HEAD)" --build-arg DATE="$(git show -s --format=%cs)" -t heard .
#
# Reproducible: pin the base by digest (RUST_IMAGE=rust@sha256:...), since its packages come with it, and those that are
# installed below come from the snapshot of SNAPSHOT, a time such as 20261201T000000Z; without it, from today's lists.

ARG RUST_IMAGE=rust:1.95.0-slim-bookworm

FROM ${RUST_IMAGE} AS build
ARG SNAPSHOT=""
ARG SNAPSHOT_MIRROR=""
# Kerberos and OAuth need libraries of the system; "" builds without them.
ARG FEATURES="gssapi,oidc"
RUN if [ -n "$SNAPSHOT" ]; then \
        printf 'deb [check-valid-until=no] %s/%s bookworm main\n' "$SNAPSHOT_MIRROR" "$SNAPSHOT" >/etc/apt/sources.list && \
        rm -f /etc/apt/sources.list.d/*; \
    fi && \
    apt-get update && \
    apt-get install -y --no-install-recommends \
        build-essential pkg-config libssl-dev zlib1g-dev ca-certificates \
        libsasl2-dev libsasl2-modules-gssapi-mit libcurl4-openssl-dev
WORKDIR /src
COPY . .
# What is built from, for `heard --version`; nothing of the machine that builds goes in.
ARG COMMIT
ARG DATE
ENV HEARD_BUILD_COMMIT=${COMMIT} HEARD_BUILD_DATE=${DATE} CARGO_INCREMENTAL=0 \
    RUSTFLAGS="--remap-path-prefix=/src=/heard --remap-path-prefix=/usr/local/cargo=/cargo"
RUN cargo build --locked --release --bin heard --features "${FEATURES}" && \
    tools/image/root.sh target/release/heard /root-of-image

FROM scratch
COPY --from=build /root-of-image /
USER 65532:65532
EXPOSE 9464
ENTRYPOINT ["/usr/bin/heard"]
CMD ["run"]

# The image of Belfry: the page built by Node, the binary by Rust, and a small Debian that runs it as an ordinary user.
ARG NODE_IMAGE=node:24-bookworm-slim
ARG RUST_IMAGE=rust:1.95-bookworm
ARG RUNTIME_IMAGE=debian:bookworm-slim

FROM ${NODE_IMAGE} AS page
WORKDIR /page
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc* ./
RUN npm ci --no-fund --no-audit
COPY frontend/ ./
RUN npm run build

FROM ${RUST_IMAGE} AS binary
WORKDIR /belfry
COPY . .
# The binary carries the page inside itself.
COPY --from=page /page/dist frontend/dist
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/belfry/target \
    cargo build --release --locked --package belfry \
    && install -D target/release/belfry /out/belfry

FROM ${RUNTIME_IMAGE}
# The certificates are for rediss:// and for Postgres with TLS.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/belfry --shell /usr/sbin/nologin belfry \
    && install -d -o belfry -g belfry /var/lib/belfry /var/lib/belfry/data
COPY --from=binary /out/belfry /usr/local/bin/belfry
COPY deploy/healthy /usr/local/bin/healthy
COPY LICENSE-MIT LICENSE-APACHE /usr/share/doc/belfry/
USER belfry
# The SQLite default keeps its file in data/ below this directory.
WORKDIR /var/lib/belfry
VOLUME /var/lib/belfry/data
ENV BIND_ADDR=0.0.0.0:3000
EXPOSE 3000
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 CMD ["healthy"]
ENTRYPOINT ["belfry"]
CMD ["serve"]

# The image of Belfry: the page built by Node, the binary by Rust, and nothing in the last stage but what the binary needs.
# It builds with BuildKit and without: what is slow (npm's packages, the crates) has layers of its own instead of cache mounts.
ARG NODE_IMAGE=node:24-bookworm-slim
ARG RUST_IMAGE=rust:1.95-bookworm
# Nothing at all, or an image with merged /usr (Debian 12 or newer) where the runtime must have a base of your own.
ARG RUNTIME_IMAGE=scratch

FROM ${NODE_IMAGE} AS page
WORKDIR /page
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
# npm links the workspaces that it finds.
COPY frontend/packages/client/package.json packages/client/
COPY frontend/packages/react/package.json packages/react/
RUN npm ci --no-fund --no-audit
COPY frontend/ ./
RUN npm run build

FROM ${RUST_IMAGE} AS binary
WORKDIR /belfry
# All that Belfry depends on, before a line of its own: this layer is built again only when these files change.
COPY Cargo.toml Cargo.lock ./
COPY bench/load/Cargo.toml bench/load/
COPY bench/jobs/Cargo.toml bench/jobs/
COPY fuzz/Cargo.toml fuzz/
COPY deploy/empty-sources deploy/
RUN sh deploy/empty-sources \
    && cargo build --release --locked --package belfry \
    && cargo clean --release --locked --package belfry
COPY . .
# The binary carries the page inside itself.
COPY --from=page /page/dist frontend/dist
RUN cargo build --release --locked --package belfry \
    && sh deploy/image-rootfs target/release/belfry /rootfs

FROM ${RUNTIME_IMAGE}
COPY --from=binary /rootfs/ /
# The SQLite default keeps its file in data/ below the working directory.
COPY --from=binary --chown=10001:10001 /rootfs/var/lib/belfry /var/lib/belfry
USER 10001:10001
WORKDIR /var/lib/belfry
VOLUME /var/lib/belfry/data
ENV BIND_ADDR=0.0.0.0:3000
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 CMD ["/usr/local/bin/belfry", "health"]
ENTRYPOINT ["/usr/local/bin/belfry"]
CMD ["serve"]

# syntax=docker/dockerfile:1
#
# docker build --target webhook --tag kaiin/webhook:0.1.0 .
#
# A target for each part: one static program, the authorities whose certificates are believed, and nothing else.
# `cargo xtask images` assembles the same final stages without a daemon; it reads them from this file.

ARG RUST=1.95-bookworm

FROM rust:${RUST} AS toolchain
RUN cargo install --locked cargo-chef@0.1.78
WORKDIR /src

FROM toolchain AS plan
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM toolchain AS build
# The C library is part of the programs, so that they need none.
ENV RUSTFLAGS="-C target-feature=+crt-static"
COPY .cargo .cargo
COPY --from=plan /src/recipe.json recipe.json
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# Dependencies are built once for every code that uses them. To name the target keeps RUSTFLAGS from what runs while
# building.
RUN rustc -vV | sed -n 's/^host: //p' > /target \
 && cargo chef cook --locked --release --target "$(cat /target)" --recipe-path recipe.json \
      --package webhook --package api-users --package register-server --package register-client --package push-msg \
      --package simulator
COPY . .
RUN cargo build --locked --release --target "$(cat /target)" --bins \
      --package webhook --package api-users --package register-server --package register-client --package push-msg \
      --package simulator \
 && mkdir /out \
 && for part in webhook api-users register-server register-client push-msg simulator; do \
      cp "target/$(cat /target)/release/${part}" /out/; \
    done

FROM scratch AS part
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
LABEL org.opencontainers.image.version="0.1.0"
LABEL org.opencontainers.image.licenses="MIT OR Apache-2.0"
USER 65532:65532
STOPSIGNAL SIGTERM

FROM part AS webhook
LABEL org.opencontainers.image.title="kaiin/webhook"
COPY --from=build /out/webhook /webhook
EXPOSE 8000 9000
ENTRYPOINT ["/webhook"]

FROM part AS api-users
LABEL org.opencontainers.image.title="kaiin/api-users"
COPY --from=build /out/api-users /api-users
EXPOSE 8080 9080
ENTRYPOINT ["/api-users"]

FROM part AS register-server
LABEL org.opencontainers.image.title="kaiin/register-server"
COPY --from=build /out/register-server /register-server
EXPOSE 8001 9001
ENTRYPOINT ["/register-server"]

FROM part AS register-client
LABEL org.opencontainers.image.title="kaiin/register-client"
COPY --from=build /out/register-client /register-client
EXPOSE 8002 9002
ENTRYPOINT ["/register-client"]

FROM part AS push-msg
LABEL org.opencontainers.image.title="kaiin/push-msg"
COPY --from=build /out/push-msg /push-msg
EXPOSE 9003
ENTRYPOINT ["/push-msg"]

FROM part AS simulator
LABEL org.opencontainers.image.title="kaiin/simulator"
COPY --from=build /out/simulator /simulator
EXPOSE 8900
ENTRYPOINT ["/simulator"]

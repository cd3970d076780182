# pgcheck as an image: one static binary, and nothing else.
#
#   docker build --tag pgcheck .     compiles it in a container (with BuildKit, Docker's default
#                                    since 23, which leaves out the stage that is not needed)
#   dist/build-image pgcheck         compiles it with this machine's toolchain; needs no registry
ARG RUST=rust:1-slim-trixie

FROM scratch AS base
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="pgcheck" \
    org.opencontainers.image.description="Checks that an application can reach its PostgreSQL over TLS, and only over TLS" \
    org.opencontainers.image.licenses="MIT OR Apache-2.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
USER 65532:65532
ENTRYPOINT ["/pgcheck"]

# The context is a directory that holds a binary of dist/build-static.
FROM base AS given
COPY pgcheck /pgcheck

FROM ${RUST} AS compiled
WORKDIR /src
COPY . .
RUN cp "$(dist/build-static)" /pgcheck

FROM base
COPY --from=compiled /pgcheck /pgcheck

# A static binary and nothing else, run by nobody:
#   docker build -t relay --build-arg VERSION=1.2.3 --build-arg COMMIT=$(git rev-parse HEAD) .
FROM golang:1.26 AS build
ARG VERSION=0.1.0-dev
ARG COMMIT=
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -tags timetzdata -ldflags "-s -w -X relay/internal/version.Number=${VERSION} -X relay/internal/version.commit=${COMMIT}" -o /relay ./cmd/relay
RUN mkdir /data

FROM scratch
COPY --from=build /relay /relay
# For https:// addresses of relays and of who is asked about listeners.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
# For recordings and whatever else is to be kept: mount a volume here. A new one
# gets the owner of this folder.
COPY --from=build --chown=65534:65534 /data /data
USER 65534:65534
# Passwords that are made once, and the history, are kept there.
ENV RELAY_DATA=/data
EXPOSE 8000 8001
# Of a server without a configuration; with one, give health "-c" and its file.
HEALTHCHECK --interval=10s --timeout=3s --start-period=2s CMD ["/relay", "health"]
ENTRYPOINT ["/relay"]

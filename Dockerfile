# A static binary and nothing else: docker build -t relay .
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /relay ./cmd/relay

FROM scratch
COPY --from=build /relay /relay
USER 65534:65534
EXPOSE 8000 8001
HEALTHCHECK --interval=10s --timeout=3s --start-period=2s CMD ["/relay", "health"]
ENTRYPOINT ["/relay"]

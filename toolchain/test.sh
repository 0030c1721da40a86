#!/bin/sh
# Tests the project's own plugins. Runs in the Go builder, with the flags of build.sh, so that both share what they
# compile.
set -eu
cd "$(dirname "$0")/providers"
export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS="-trimpath -buildvcs=false"
unformatted=$(gofmt -l .)
if [ -n "$unformatted" ]; then
  echo "not formatted, run gofmt -w in toolchain/providers: $unformatted" >&2
  exit 1
fi
go vet -tags no_compose ./...
go test -v ./mysql ./command

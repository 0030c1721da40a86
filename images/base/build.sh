#!/bin/sh
# Makes Debian's smallest root file system from the machine's own package mirror, and imports it as the image $1.
set -eu

if ! command -v mmdebstrap >/dev/null; then
  if [ "$(id -u)" != 0 ]; then
    echo "mmdebstrap is missing: run 'apt-get install mmdebstrap' as root" >&2
    exit 1
  fi
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends mmdebstrap
fi

suite=bookworm
# The mirror that this machine uses for the suite, if it does; else mmdebstrap's own choice.
mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' | awk -v suite="$suite" '$1 == suite { print $2; exit }')

mmdebstrap --quiet --variant=minbase \
  --include=tzdata,netbase \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  "$suite" - $mirror | docker import \
  --change 'ENV LANG=C.UTF-8 TZ=UTC' --change 'LABEL io.tributary.image=base' - "$1"

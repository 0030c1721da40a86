#!/bin/bash
# Makes Debian's smallest root file system from the machine's own package mirror, and imports it as the image $1.
set -euo pipefail
cd "$(dirname "$0")"

if ! command -v mmdebstrap >/dev/null; then
  if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
    echo "mmdebstrap is missing, and only root on Debian or Ubuntu can install it:" \
      "run 'apt-get install mmdebstrap debian-archive-keyring', or take the images from the registry" >&2
    exit 1
  fi
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends mmdebstrap debian-archive-keyring
fi

suite=bookworm
# The mirror that this machine uses for the suite, if it does; else mmdebstrap's own choice.
mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' | awk -v suite="$suite" '$1 == suite { print $2; exit }')

# Java's packages want the one folder of manuals. With our settings apt no longer knows that it has caches, so they go
# here. Only a whole file system gets the name.
# shellcheck disable=SC2016,SC2086
image=$(
  mmdebstrap --quiet --variant=minbase --include=tzdata,netbase \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook='mkdir -p "$1/usr/share/man/man1"' \
    --customize-hook='copy-in install-packages /usr/local/sbin' \
    --customize-hook='copy-in 99small /etc/apt/apt.conf.d' \
    --customize-hook='rm -f "$1"/var/cache/apt/*.bin' \
    "$suite" - $mirror |
    docker import --change 'ENV LANG=C.UTF-8 TZ=UTC' --change 'LABEL io.tributary.image=base' -
)
docker tag "$image" "$1"

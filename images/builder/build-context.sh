#!/bin/sh
# Puts npm, of the version below, into the folder $1: Debian's own comes with four hundred packages.
set -eu
version=11.6.2
mkdir -p "$1/npm"
cd "$1"
npm pack --silent "npm@$version" >/dev/null
tar -xzf "npm-$version.tgz" --strip-components=1 -C npm
rm "npm-$version.tgz"

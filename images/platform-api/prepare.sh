#!/bin/bash
# Makes /artifacts/app: the compiled service with what it needs to run.
set -euo pipefail
cp -r /sources/service /tmp/service
cd /tmp/service
npm ci --ignore-scripts --no-audit --no-fund
npm run build
npm prune --omit=dev --ignore-scripts
mkdir /artifacts/app
cp -r dist node_modules package.json /artifacts/app/

#!/bin/bash
# Makes /artifacts: the engine from its npm package, the launcher and the client.
set -euo pipefail
version=26.7.3-stable.1
cd /tmp
npm pack --silent "@chdb/lib-linux-x64-gnu@$version" >/dev/null
tar -xzf chdb-lib-linux-x64-gnu-$version.tgz --strip-components=1 package/libchdb.so
gcc -O2 -Wall -Wextra -o /artifacts/clickhouse-server /image/launcher.c -L. -lchdb -lutil
cp -r /image/client /tmp/client
(cd /tmp/client && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags='-s -w' -o /artifacts/clickhouse-client .)
mv libchdb.so /artifacts/

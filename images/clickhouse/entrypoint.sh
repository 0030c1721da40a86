#!/bin/bash
# Prepares the data folder, then runs the server. Any other command is passed through, as in the official image.
set -euo pipefail

if [[ $# -gt 0 && $1 != --* ]]; then
    exec "$@"
fi

data=/var/lib/clickhouse

# The engine keeps the `system` database in memory unless it finds one on disk; its log tables would then be lost, and
# in the way, at every restart.
if [[ ! -e $data/metadata/system.sql ]]; then
    mkdir -p "$data/metadata"
    uuid=$(</proc/sys/kernel/random/uuid)
    echo "ATTACH DATABASE _ UUID '$uuid' ENGINE = Atomic" > "$data/metadata/system.sql.new"
    mv "$data/metadata/system.sql.new" "$data/metadata/system.sql"
fi

exec clickhouse-server "$@"

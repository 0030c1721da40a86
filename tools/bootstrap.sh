#!/bin/sh
# Makes the project's own tools runnable: a recent Node and the packages of package-lock.json.
# POSIX sh and nothing else, because this runs before anything else can be relied on.
set -eu
cd "$(dirname "$0")/.."

remedy="Install Node 20.19 or newer (20, 22 or 24): https://nodejs.org/en/download"

if ! command -v node >/dev/null 2>&1; then
  echo "Node is not installed. $remedy" >&2
  exit 1
fi
if ! command -v npm >/dev/null 2>&1; then
  echo "npm is not installed beside node $(node --version). On Debian: apt-get install npm. Or: $remedy" >&2
  exit 1
fi

version=$(node --version)
major=${version#v}
major=${major%%.*}
minor=${version#v*.}
minor=${minor%%.*}
if [ "$major" -lt 20 ] || { [ "$major" -eq 20 ] && [ "$minor" -lt 19 ]; }; then
  echo "Node $version is too old ($(command -v node)). $remedy" >&2
  exit 1
fi

# npm writes this file last, so it is there, and newer than the lock file, only after a whole install.
installed=node_modules/.package-lock.json
up_to_date() {
  [ -e "$installed" ] && ! [ package-lock.json -nt "$installed" ]
}

if up_to_date; then exit 0; fi

umask 022
mkdir -p .tributary
chmod 700 .tributary
log=.tributary/logs/npm-ci.log
mkdir -p .tributary/logs

install_packages() {
  if up_to_date; then return 0; fi
  echo "Installing the npm packages (log: $log)" >&2
  started=$(date +%s)
  if ! npm ci --no-audit --no-fund >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    echo "npm ci failed; its whole output is in $log. If the registry did not answer, run the command again." >&2
    return 1
  fi
  # For a lock file with a time ahead of npm's own.
  touch "$installed"
  echo "Installed the npm packages in $(($(date +%s) - started)) s" >&2
}

# Two commands at once in a new clone: the second waits for the first instead of deleting its packages.
if command -v flock >/dev/null 2>&1; then
  exec 9>.tributary/npm-ci.lock
  flock 9
fi
install_packages

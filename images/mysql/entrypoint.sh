#!/bin/bash
# The official image's contract: a data folder that is empty is set up, with a password for root and what lies in
# /docker-entrypoint-initdb.d, by a server without a network; then the real server takes over. MYSQL_ROOT_PASSWORD,
# MYSQL_DATABASE, MYSQL_USER, MYSQL_PASSWORD, each also as a file named by …_FILE.
set -euo pipefail

say() { echo "entrypoint: $*" >&2; }

# from_file NAME: NAME or the content of the file in NAME_FILE, but not both.
from_file() {
  local name=$1 file_name=${1}_FILE
  if [[ -n ${!name:-} && -n ${!file_name:-} ]]; then
    say "both $name and $file_name are set: give one of them"
    exit 1
  fi
  if [[ -n ${!file_name:-} ]]; then
    [[ -r ${!file_name} ]] || { say "$file_name names ${!file_name}, which cannot be read"; exit 1; }
    printf -v "$name" '%s' "$(<"${!file_name}")"
  fi
}

# quoted TEXT: as a string in SQL.
quoted() {
  local text=${1//\\/\\\\}
  printf "'%s'" "${text//\'/\'\'}"
}

socket=/var/run/mysqld/mysqld.sock
# In the data folder while it is being set up.
unfinished=/var/lib/mysql/.unfinished

# As root over the socket; the password goes in by standard input.
as_root() {
  mysql --defaults-extra-file=<(printf '[client]\nuser=root\npassword="%s"\n' "${1//\"/\\\"}") --socket="$socket" "${@:2}"
}

set_up() {
  from_file MYSQL_ROOT_PASSWORD
  from_file MYSQL_DATABASE
  from_file MYSQL_USER
  from_file MYSQL_PASSWORD
  if [[ -z ${MYSQL_ROOT_PASSWORD:-} ]]; then
    say "the data folder is empty and there is no password for root: set MYSQL_ROOT_PASSWORD or MYSQL_ROOT_PASSWORD_FILE"
    exit 1
  fi
  say "setting up the data folder"
  touch "$unfinished"
  "$@" --initialize-insecure
  "$@" --skip-networking --mysqlx=OFF --skip-log-bin --gtid-mode=OFF --enforce-gtid-consistency=OFF --socket="$socket" &
  local server=$!
  for _ in $(seq 120); do
    as_root '' -e 'SELECT 1' >/dev/null 2>&1 && break
    kill -0 "$server" 2>/dev/null || { say "the server ended while it was set up"; exit 1; }
    sleep 0.5
  done

  {
    # The local root goes last: the session is its own.
    echo "CREATE USER 'root'@'%' IDENTIFIED BY $(quoted "$MYSQL_ROOT_PASSWORD");"
    echo "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;"
    [[ -z ${MYSQL_DATABASE:-} ]] || echo "CREATE DATABASE IF NOT EXISTS \`${MYSQL_DATABASE//\`/\`\`}\`;"
    if [[ -n ${MYSQL_USER:-} ]]; then
      echo "CREATE USER $(quoted "$MYSQL_USER")@'%' IDENTIFIED BY $(quoted "${MYSQL_PASSWORD:-}");"
      [[ -z ${MYSQL_DATABASE:-} ]] ||
        echo "GRANT ALL ON \`${MYSQL_DATABASE//_/\\_}\`.* TO $(quoted "$MYSQL_USER")@'%';"
    fi
    echo "ALTER USER 'root'@'localhost' IDENTIFIED BY $(quoted "$MYSQL_ROOT_PASSWORD");"
  } | as_root ''

  local file
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sh) say "running $file"; bash "$file" ;;
      *.sql) say "running $file"; as_root "$MYSQL_ROOT_PASSWORD" ${MYSQL_DATABASE:+--database="$MYSQL_DATABASE"} <"$file" ;;
      *.sql.gz) say "running $file"; gunzip -c "$file" | as_root "$MYSQL_ROOT_PASSWORD" ${MYSQL_DATABASE:+--database="$MYSQL_DATABASE"} ;;
      */\*) ;;
      *) say "passing over $file" ;;
    esac
  done

  kill -TERM "$server"
  wait "$server"
  rm "$unfinished"
  say "the data folder is ready"
}

[[ ${1:-} == -* ]] && set -- mysqld "$@"
if [[ ${1:-} == mysqld ]]; then
  if [[ -e $unfinished ]]; then
    say "an earlier set-up broke off: starting over"
    find /var/lib/mysql -mindepth 1 -delete
  fi
  [[ -d /var/lib/mysql/mysql ]] || set_up "$@"
  unset MYSQL_ROOT_PASSWORD MYSQL_PASSWORD
fi
exec "$@"

#!/bin/bash
# The official image's contract: a data folder that is empty is set up, with a password for root and what lies in
# /docker-entrypoint-initdb.d, by a server without a network; then the real server takes over. MYSQL_ROOT_PASSWORD,
# MYSQL_DATABASE, MYSQL_USER and MYSQL_PASSWORD may each be a file instead, named by …_FILE.
set -euo pipefail
shopt -s nullglob

data=/var/lib/mysql
socket=/var/run/mysqld/mysqld.sock
# In the data folder while it is being set up: one that broke off half-way is never served.
unfinished=$data/.unfinished

say() { echo "entrypoint: $*" >&2; }
refuse() {
  say "$*"
  exit 1
}

# from_file NAME: NAME or the content of the file that NAME_FILE names, but not both.
from_file() {
  local name=$1 file_name=${1}_FILE
  local file=${!file_name:-}
  if [[ -n $file ]]; then
    [[ -z ${!name:-} ]] || refuse "both $name and $file_name are set: give one of them"
    [[ -r $file ]] || refuse "$file_name names $file, which user $(id -u) cannot read"
    printf -v "$name" '%s' "$(<"$file")"
  fi
  export "$name"="${!name:-}"
  unset "$file_name"
}

# quoted TEXT: as a string in SQL.
quoted() {
  local text=${1//\\/\\\\}
  printf "'%s'" "${text//\'/\'\'}"
}

# option_file PASSWORD: what tells a client program root's password, which no process list must show.
option_file() {
  local password=${1//\\/\\\\}
  printf '[client]\nuser=root\npassword="%s"\n' "${password//\"/\\\"}"
}

# as_root PROGRAM PASSWORD [argument …]
as_root() {
  "$1" --defaults-extra-file=<(option_file "$2") --protocol=socket --socket="$socket" "${@:3}"
}

check_environment() {
  local name
  for name in MYSQL_ROOT_PASSWORD MYSQL_DATABASE MYSQL_USER MYSQL_PASSWORD; do from_file "$name"; done
  [[ -n $MYSQL_ROOT_PASSWORD ]] ||
    refuse "the data folder is empty and root has no password: set MYSQL_ROOT_PASSWORD or MYSQL_ROOT_PASSWORD_FILE"
  [[ $MYSQL_USER != root ]] || refuse "MYSQL_USER is root, which is there anyway: leave it out"
  [[ -z $MYSQL_USER || -n $MYSQL_PASSWORD ]] ||
    refuse "MYSQL_USER has no password: set MYSQL_PASSWORD or MYSQL_PASSWORD_FILE"
}

accounts() {
  echo "CREATE USER 'root'@'%' IDENTIFIED BY $(quoted "$MYSQL_ROOT_PASSWORD");"
  echo "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;"
  [[ -z $MYSQL_DATABASE ]] || echo "CREATE DATABASE \`${MYSQL_DATABASE//\`/\`\`}\`;"
  if [[ -n $MYSQL_USER ]]; then
    echo "CREATE USER $(quoted "$MYSQL_USER")@'%' IDENTIFIED BY $(quoted "$MYSQL_PASSWORD");"
    [[ -z $MYSQL_DATABASE ]] ||
      echo "GRANT ALL ON \`${MYSQL_DATABASE//_/\\_}\`.* TO $(quoted "$MYSQL_USER")@'%';"
  fi
  # Last, because this session is the local root's.
  echo "ALTER USER 'root'@'localhost' IDENTIFIED BY $(quoted "$MYSQL_ROOT_PASSWORD");"
}

run_init_file() {
  case $1 in
    *.sh) bash "$1" ;;
    *.sql) as_root mysql "$MYSQL_ROOT_PASSWORD" ${MYSQL_DATABASE:+"$MYSQL_DATABASE"} <"$1" ;;
    *.sql.gz) gunzip -c "$1" | as_root mysql "$MYSQL_ROOT_PASSWORD" ${MYSQL_DATABASE:+"$MYSQL_DATABASE"} ;;
    *) say "$1 is neither .sh nor .sql nor .sql.gz: passing over it" ;;
  esac
}

# set_up MYSQLD [argument …]
set_up() {
  check_environment
  say "setting up the data folder"
  touch "$unfinished"
  "$@" --initialize-insecure
  # Comes back when the server is ready. What is done here is no change for a binlog to tell.
  "$@" --daemonize --skip-networking --mysqlx=OFF --socket="$socket" \
    --skip-log-bin --gtid-mode=OFF --enforce-gtid-consistency=OFF
  # The zones' own files have lines that are no zones; the program says so at length.
  mysql_tzinfo_to_sql /usr/share/zoneinfo 2>/dev/null | as_root mysql '' mysql
  accounts | as_root mysql ''

  local file
  for file in /docker-entrypoint-initdb.d/*; do
    say "running $file"
    run_init_file "$file"
  done
  # Comes back when the server has ended.
  as_root mysqladmin "$MYSQL_ROOT_PASSWORD" shutdown
  rm "$unfinished"
  say "the data folder is ready"
}

# Whether the server is only to say something about itself.
only_asks() {
  local argument
  for argument; do
    case $argument in --help | --version | --print-defaults | -V | '-?') return 0 ;; esac
  done
  return 1
}

[[ ${1:-} == -* ]] && set -- mysqld "$@"
if [[ ${1:-} == mysqld ]] && ! only_asks "$@"; then
  if [[ -e $unfinished ]]; then
    say "an earlier set-up broke off: starting over"
    find "$data" -mindepth 1 -delete
  fi
  [[ -d $data/mysql ]] || set_up "$@"
  unset MYSQL_ROOT_PASSWORD MYSQL_PASSWORD
fi
exec "$@"

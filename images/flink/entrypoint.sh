#!/bin/bash
# The official image's contract: `jobmanager` and `taskmanager` start those, anything else is run as it is.
# FLINK_PROPERTIES holds lines `key: value` that go on top of the configuration.
set -euo pipefail
home=${FLINK_HOME:-/opt/flink}
conf=$home/conf/config.yaml

# Lines of FLINK_PROPERTIES replace those of the same key, except the JVM's options, which add to Flink's own.
configure() {
  local line key value
  while IFS= read -r line; do
    [[ $line == *:* ]] || continue
    key=${line%%:*}
    value=${line#*: }
    if [[ $key == env.java.opts.all ]]; then
      value="$(sed -n 's/^env.java.opts.all: //p' "$conf") $value"
    fi
    { grep -v "^${key//./\\.}: " "$conf" || true; echo "$key: $value"; } >"$conf.new"
    cat "$conf.new" >"$conf"
    rm "$conf.new"
  done <<<"$1"
}

# start MAIN_CLASS RESOURCE_COMMAND [argument …]: Flink works out its own memory, and says so in two lines.
start() {
  local main=$1 resources=$2 output jvm dynamic
  shift 2
  output=$(java -Xmx64m -cp "$home/bin/bash-java-utils.jar:$home/lib/*" \
    -Dlog4j.configurationFile="file:$home/conf/log4j-console.properties" \
    org.apache.flink.runtime.util.bash.BashJavaUtils "$resources" --configDir "$home/conf")
  jvm=$(sed -n 's/^BASH_JAVA_UTILS_EXEC_RESULT://p' <<<"$output" | sed -n 1p)
  dynamic=$(sed -n 's/^BASH_JAVA_UTILS_EXEC_RESULT://p' <<<"$output" | sed -n 2p)
  if [[ -z $jvm ]]; then
    echo "$output" >&2
    exit 1
  fi
  # shellcheck disable=SC2046,SC2086
  exec java $jvm $(sed -n 's/^env.java.opts.all: //p' "$conf") -XX:+UseG1GC -XX:+ExitOnOutOfMemoryError \
    -Dlog4j.configurationFile="file:$home/conf/log4j-console.properties" \
    -cp "$home/lib/*" "$main" --configDir "$home/conf" $dynamic "$@"
}

# A restarted container must not add the same options again.
[[ -e $conf.image ]] || cp "$conf" "$conf.image"
cat "$conf.image" >"$conf"

case ${1:-} in
  jobmanager)
    shift
    configure "${FLINK_PROPERTIES:-}"
    start org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint GET_JM_RESOURCE_PARAMS "$@"
    ;;
  taskmanager)
    shift
    configure "taskmanager.numberOfTaskSlots: ${TASK_MANAGER_NUMBER_OF_TASK_SLOTS:-1}
${FLINK_PROPERTIES:-}"
    start org.apache.flink.runtime.taskexecutor.TaskManagerRunner GET_TM_RESOURCE_PARAMS "$@"
    ;;
  help | "")
    echo "Usage: (jobmanager | taskmanager | help | any other command)"
    ;;
  *)
    configure "${FLINK_PROPERTIES:-}"
    exec "$@"
    ;;
esac

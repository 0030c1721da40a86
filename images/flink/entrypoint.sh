#!/bin/bash
# The official image's contract: `jobmanager` and `taskmanager` start those, anything else is run as it is.
# FLINK_PROPERTIES holds lines `key: value` that replace those of the configuration.
set -euo pipefail
home=${FLINK_HOME:-/opt/flink}
conf=$home/conf/config.yaml

configure() {
  local merged
  merged=$(
    {
      echo "jobmanager.rpc.address: ${JOB_MANAGER_RPC_ADDRESS:-$(hostname)}"
      [[ -z ${TASK_MANAGER_NUMBER_OF_TASK_SLOTS:-} ]] ||
        echo "taskmanager.numberOfTaskSlots: $TASK_MANAGER_NUMBER_OF_TASK_SLOTS"
      echo "${FLINK_PROPERTIES:-}"
    } | "$home/bin/flink-properties" merge "$conf"
  )
  echo "$merged" >"$conf"
}

# start ROLE RESOURCES MAIN_CLASS [argument …]: Flink works out its own memory, and says so in two marked lines, the
# first for the JVM, the second for the process.
start() {
  local role=$1 resources=$2 main=$3 output
  shift 3
  output=$(java -Xmx64m -XX:TieredStopAtLevel=1 -cp "$home/bin/bash-java-utils.jar:$home/lib/*" \
    -Dlog4j.configurationFile="file:$home/conf/log4j-console.properties" \
    org.apache.flink.runtime.util.bash.BashJavaUtils "$resources" --configDir "$home/conf" "$@") || {
    echo "$output" >&2
    exit 1
  }
  mapfile -t results < <(sed -n 's/^BASH_JAVA_UTILS_EXEC_RESULT://p' <<<"$output")
  # shellcheck disable=SC2086
  exec "$home/bin/flink-java" "$role" log4j-console.properties ${results[0]} -XX:+ExitOnOutOfMemoryError \
    "$main" --configDir "$home/conf" "$@" ${results[1]:-}
}

configure
case ${1:-help} in
  jobmanager)
    start jobmanager GET_JM_RESOURCE_PARAMS \
      org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint "${@:2}"
    ;;
  taskmanager)
    start taskmanager GET_TM_RESOURCE_PARAMS org.apache.flink.runtime.taskexecutor.TaskManagerRunner "${@:2}"
    ;;
  help) echo "Usage: jobmanager | taskmanager | help | any other command" ;;
  *) exec "$@" ;;
esac

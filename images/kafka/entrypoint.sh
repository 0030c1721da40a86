#!/bin/bash
# Confluent's contract: each variable KAFKA_<PROPERTY> is a property of the broker (_ is a dot, __ a dash, ___ an
# underscore), CLUSTER_ID is its id, KAFKA_HEAP_OPTS its heap. Storage is formatted when it is new.
set -euo pipefail
properties=/etc/kafka/kafka.properties

# Variables of the start itself, not of the broker.
not_a_property='^KAFKA_(HEAP_OPTS|OPTS|JMX_OPTS|TOOLS_OPTS|LOG4J_.*|GC_LOG_OPTS|JVM_PERFORMANCE_OPTS)$'

render_properties() {
  local name key
  for name in $(compgen -e | grep '^KAFKA_' | grep -vE "$not_a_property" | sort); do
    key=${name#KAFKA_}
    key=${key,,}
    key=${key//___/$'\001'}
    key=${key//__/-}
    key=${key//_/.}
    echo "${key//$'\001'/_}=${!name}"
  done
}

: "${CLUSTER_ID:?is not set: give the cluster an id, 22 characters of base64}"
: "${KAFKA_PROCESS_ROLES:?is not set: this image runs KRaft only, e.g. broker,controller}"
render_properties >"$properties"
data=$(sed -n 's/^log.dirs=//p' "$properties")
if [[ ! -e ${data:-/var/lib/kafka/data}/meta.properties ]]; then
  kafka-storage format --cluster-id "$CLUSTER_ID" --config "$properties" --ignore-formatted
fi
# shellcheck disable=SC2086
exec java ${KAFKA_HEAP_OPTS:--Xmx1g} -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:+ExitOnOutOfMemoryError \
  ${KAFKA_OPTS:-} ${KAFKA_JMX_OPTS:-} -Dlog4j.configuration=file:/opt/kafka/conf/log4j.properties \
  -cp '/opt/kafka/lib/*' kafka.Kafka "$properties"

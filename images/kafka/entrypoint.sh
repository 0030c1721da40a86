#!/bin/bash
# The contract of Confluent's image: the broker's properties are KAFKA_ variables (see properties.sh), CLUSTER_ID is the
# cluster's id, KAFKA_HEAP_OPTS the heap and KAFKA_JVM_PERFORMANCE_OPTS the collector. Storage is formatted when it is new.
set -euo pipefail
properties=/etc/kafka/kafka.properties

: "${CLUSTER_ID:?is not set: give the cluster an id, 22 characters of base64}"
: "${KAFKA_PROCESS_ROLES:?is not set: this image runs KRaft only, e.g. broker,controller}"
export KAFKA_LOG_DIRS=${KAFKA_LOG_DIRS:-/var/lib/kafka/data}

/opt/kafka/bin/properties.sh >"$properties"
kafka-storage format --cluster-id "$CLUSTER_ID" --config "$properties" --ignore-formatted
# shellcheck disable=SC2086
exec java ${KAFKA_HEAP_OPTS:--Xmx1g} \
  ${KAFKA_JVM_PERFORMANCE_OPTS:--server -XX:+UseG1GC -XX:MaxGCPauseMillis=20} \
  ${KAFKA_OPTS:-} ${KAFKA_JMX_OPTS:-} -Dlog4j2.configurationFile=/opt/kafka/conf/log4j2.properties \
  -cp '/opt/kafka/lib/*' kafka.Kafka "$properties"

#!/bin/bash
# Prints the broker's properties from its environment, as Confluent's image names them: KAFKA_<PROPERTY> in capitals,
# where _ stands for a dot, __ for a dash and ___ for an underscore.
set -euo pipefail

# Variables of the start itself, not of the broker.
not_a_property='^KAFKA_(HEAP_OPTS|OPTS|JMX_OPTS|TOOLS_OPTS|LOG4J_.*|GC_LOG_OPTS|JVM_PERFORMANCE_OPTS)$'

while read -r name; do
  [[ $name =~ $not_a_property ]] && continue
  key=${name#KAFKA_}
  key=${key,,}
  key=${key//___/$'\001'}
  key=${key//__/-}
  key=${key//_/.}
  echo "${key//$'\001'/_}=${!name}"
done < <(compgen -e KAFKA_ | LC_ALL=C sort)

#!/bin/bash
# Makes /artifacts: Flink itself (packages variant only, from the PyPI package that holds all of its jars), and lib/,
# the connectors and drivers that both jobs share, as the module `cluster-lib` lists them.
set -euo pipefail

# The parent knows all modules, but only one is wanted here.
mkdir -p /tmp/cluster-lib
cp -r /sources/flink-jobs/pom.xml /sources/flink-jobs/cluster-lib /tmp/cluster-lib/
sed -i '/<module>/{/cluster-lib/!d}' /tmp/cluster-lib/pom.xml
# slf4j is in Flink itself; Kafka's client brings an older form of the LZ4 library that ClickHouse's brings.
mvn --batch-mode --no-transfer-progress -f /tmp/cluster-lib/pom.xml -pl cluster-lib \
  -DskipTests -Dspotless.check.skip package org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy-dependencies \
  -DincludeScope=compile -DexcludeArtifactIds=slf4j-api -DexcludeGroupIds=org.lz4 -DoutputDirectory=/artifacts/lib
cp /tmp/cluster-lib/cluster-lib/target/tributary-cluster-lib.jar /artifacts/lib/

[[ $IMAGE_SOURCE == packages ]] || exit 0

version=1.20.5
sdist=apache_flink_libraries-$version.tar.gz
if [[ ! -e /downloads/$sdist ]]; then
  pip download --quiet --no-deps --no-binary :all: --no-build-isolation --dest /tmp/sdist "apache-flink-libraries==$version"
  cp "/tmp/sdist/$sdist" "/downloads/$sdist.new"
  mv "/downloads/$sdist.new" "/downloads/$sdist"
fi
# The tables' planner stays out: both jobs use the DataStream API, and it is a third of the image.
tar -xzf "/downloads/$sdist" -C /artifacts --strip-components=2 --wildcards \
  '*/deps/bin' '*/deps/lib/flink-dist-*' '*/deps/lib/log4j-*' '*/deps/plugins/metrics-prometheus' \
  '*/deps/lib/flink-connector-files-*'

#!/bin/bash
# Makes /artifacts/lib: the broker with all that it needs, as pom.xml lists it.
set -euo pipefail
mvn --batch-mode --no-transfer-progress -f /image/pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy-dependencies -DincludeScope=runtime -DoutputDirectory=/artifacts/lib

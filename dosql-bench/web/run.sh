#!/usr/bin/env bash
# Measures the web services and writes RESULTS.md, or another file: run.sh [FILE [ROUNDS [SECONDS]]]
# Needs a JDK and Maven (JAVA_HOME chooses the JDK), npm, and wrk, which it installs if it may.
set -euo pipefail
cd "$(dirname "$0")"

file=${1:-RESULTS.md} rounds=${2:-5} seconds=${3:-4}

if ! command -v wrk >/dev/null; then
  apt-get update && apt-get install -y wrk
fi

# ---- the peers: exact versions, and nothing that packages would run while they are installed

peers=target/peers
mkdir -p "$peers"
cp peers/* "$peers/"
npm install --prefix "$peers" --no-audit --no-fund --no-package-lock --ignore-scripts --loglevel=error </dev/null
bundle() {
  node "$peers/node_modules/esbuild/bin/esbuild" "$peers/$1.js" --bundle --format=esm --minify --log-level=warning \
    --outfile="$peers/$1.bundle.js" "${@:2}"
}
bundle worker --external:cloudflare:workers
bundle bun --external:bun:sqlite

# ---- the services on the JVM, and all of it

mvn -q -B -ntp -f ../../pom.xml -pl dosql-bench/web -am test-compile dependency:build-classpath
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
exec "$java" --enable-native-access=ALL-UNNAMED \
  -cp "target/classes:$(cat target/classpath)" dev.dosql.bench.web.Report "$file" "$peers" load.lua "$rounds" "$seconds"

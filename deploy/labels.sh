#!/usr/bin/env bash
# labels.sh IMAGE: adds the label with the OpenAPI document, which the image's own server writes, to the image.
set -euo pipefail

image=${1:?usage: labels.sh IMAGE}
container=$(docker run --detach --publish 127.0.0.1::5000 "$image" --no-auth)
trap 'docker rm --force "$container" > /dev/null' EXIT
address=$(docker port "$container" 5000/tcp | head -n 1)
for _ in $(seq 60); do
    if schema=$(curl --fail --silent "http://$address/openapi.json"); then
        printf 'FROM %s\n' "$image" | docker build --quiet --label "run.cog.openapi_schema=$schema" --tag "$image" -
        exit 0
    fi
    sleep 1
done
echo "labels.sh: the server in $image did not answer" >&2
exit 1

#!/usr/bin/env bash
# build.sh NAME FOLDER...: builds what eng/NAME.rsp says, unless the sources in the folders that it is made from are as they were
# when it was built last.
set -euo pipefail

name=$1
shift
cd "$(dirname "${BASH_SOURCE[0]}")/.."
stamp=artifacts/built/$name
log=$stamp.log
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false

say() { echo "build: $*" >&2; }

# By content, so that neither a checkout nor a copy makes anything look new. tests/data is read where it lies.
fingerprint() {
    {
        echo "${TorchBackend-}"
        find "$@" ./*.props ./*.targets global.json .editorconfig \
            \( -name bin -o -name obj -o -name TestResults -o -path tests/data \) -prune -o -type f -print0 \
            | LC_ALL=C sort -z | xargs -0 cksum
    } | cksum
}

up_to_date() { [ -f "$stamp" ] && [ "$before" = "$(cat "$stamp")" ]; }

before=$(fingerprint "$@")
up_to_date && exit 0

mkdir -p "$(dirname "$stamp")"
exec 9> artifacts/lock
if command -v flock > /dev/null; then
    flock 9
    up_to_date && exit 0
fi

if [ -f "$stamp" ]; then
    say "$name: building what has changed"
else
    say "$name: building; the first time takes a minute and downloads libtorch"
fi
rm -f "$stamp"

# Build servers outlive this script, so they get neither the lock nor a pipe that somebody waits on.
if ! dotnet build "@eng/$name.rsp" > "$log" 2>&1 < /dev/null 9>&-; then
    { grep -E ': (error|warning) ' "$log" || cat "$log"; } | awk '!seen[$0]++ && ++lines <= 20' >&2
    say "$name failed; all of it: $PWD/$log"
    exit 1
fi
echo "$before" > "$stamp"

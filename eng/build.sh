#!/usr/bin/env bash
# build.sh PROJECT FOLDER...: builds a project or solution of this repository in Release, warnings as errors, unless the sources
# in the folders that it is made from are as they were when it was built last.
set -euo pipefail

project=$1
shift
cd "$(dirname "${BASH_SOURCE[0]}")/.."
name=$(basename "$project")
stamp=artifacts/built/$name
log=artifacts/built/$name.log
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

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
    say "$name: building; the first time takes minutes"
fi
rm -f "$stamp"

# Build servers outlive this script, so they get neither the lock nor a pipe that somebody waits on.
if ! dotnet build "$project" --configuration Release --nologo --verbosity quiet -warnaserror > "$log" 2>&1 < /dev/null 9>&-; then
    { grep -E ': (error|warning) ' "$log" || cat "$log"; } | awk '!seen[$0]++ && ++lines <= 20' >&2
    say "$name failed; all of it: $PWD/$log"
    exit 1
fi
echo "$before" > "$stamp"

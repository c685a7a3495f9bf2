#!/usr/bin/env bash
# mutate.sh PROJECT [OPTION...]: changes the sources of AceStep.PROJECT (Schedulers, Core or Server) in small ways, one at a
#     time, and says which changes its tests do not notice. Options go to Stryker: --mutate "**/Guider.cs".
# mutate.sh mistakes [PART]: makes the mistakes of tests/AceStep.Mutations/mistakes.txt, those with PART in their names.
# docs/mutation.md has what came out, and how long it takes.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
what=${1:?Schedulers, Core, Server or mistakes}
shift
# Most tests compute what is too small to be shared among threads.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

if [ "$what" = mistakes ]; then
    exec dotnet run --project tests/AceStep.Mutations --configuration Release -- "$@"
fi

dotnet tool restore
output=$PWD/artifacts/mutation/$what
cd "tests/AceStep.$what.Tests"
exec dotnet stryker --output "$output" --skip-version-check "$@"

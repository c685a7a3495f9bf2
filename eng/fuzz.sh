#!/usr/bin/env bash
# fuzz.sh TARGET [SECONDS]: fuzzes one target with coverage, by AFL++ over assemblies that SharpFuzz has instrumented; an hour
# where no time is given. fuzz.sh list names the targets. docs/fuzzing.md says what is asserted and what was found.
#
# It needs afl-fuzz (Debian: afl++). What is found lies in artifacts/fuzz/TARGET/default; fuzz.sh go on from it the next time.
# FUZZ_MEMORY names a folder in memory for the inputs that are read as files; /dev/shm by itself.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=$root/tests/AceStep.Fuzz/bin/Release/net10.0
work=$root/artifacts/fuzz
version=$(sed -n 's/.*Include="SharpFuzz" Version="\([^"]*\)".*/\1/p' "$root/Directory.Packages.props")
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 OMP_NUM_THREADS=1

say() { echo "fuzz: $*" >&2; }
die() { say "$@"; exit 1; }

target=${1-}
seconds=${2-3600}
[ -n "$target" ] || die "usage: eng/fuzz.sh (list | TARGET [SECONDS])"
[ -n "${FUZZ_BUILT-}" ] || dotnet build "$root/tests/AceStep.Fuzz" --configuration Release --nologo --verbosity quiet >&2
[ "$target" != list ] || exec dotnet exec "$program/AceStep.Fuzz.dll" list
[ -d "$program/Corpus/$target" ] || die "there is no target $target: eng/fuzz.sh list"
command -v afl-fuzz > /dev/null || die "afl-fuzz is missing (Debian: sudo apt-get install afl++)"

# A copy, since what is instrumented is of no other use; linked, since libtorch has 600 MB.
instrumented=$work/program
if [ ! -f "$instrumented/done" ] || [ "$program/AceStep.Fuzz.dll" -nt "$instrumented/done" ]; then
    [ -x "$work/tools/sharpfuzz" ] || dotnet tool install SharpFuzz.CommandLine --version "$version" --tool-path "$work/tools" >&2
    rm -rf "$instrumented"
    cp -al "$program" "$instrumented" 2> /dev/null || cp -a "$program" "$instrumented"
    for file in "$instrumented"/AceStep.{Audio,Core,Lyrics,Models,Server}.dll "$instrumented/acestep.dll"; do
        cp --remove-destination "$program/$(basename "$file")" "$file"
        "$work/tools/sharpfuzz" "$file" >&2
    done
    touch "$instrumented/done"
fi

mkdir -p "$work/$target"
dotnet exec "$program/AceStep.Fuzz.dll" words "$target" > "$work/$target.dict"
dictionary=()
[ ! -s "$work/$target.dict" ] || dictionary=(-x "$work/$target.dict")

memory=${FUZZ_MEMORY-/dev/shm}
[ -d "$memory" ] || memory=${TMPDIR-/tmp}
TMPDIR=$(mktemp -d "$memory/acestep-afl-XXXXXX")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

# The clock of the program decides what hangs (a second of the processor's time); afl-fuzz's own is for what never comes back.
export AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1 AFL_AUTORESUME=1 AFL_FORKSRV_INIT_TMOUT=120000
afl-fuzz -i "$root/tests/AceStep.Fuzz/Corpus/$target" -o "$work/$target" -m none -t 20000 -G 4096 -V "$seconds" ${dictionary[@]+"${dictionary[@]}"} \
    -- "$(command -v dotnet)" exec "$instrumented/AceStep.Fuzz.dll" afl "$target" > "$work/$target.log" 2>&1 || { tail -n 20 "$work/$target.log" >&2; die "afl-fuzz failed; all of it: $work/$target.log"; }

grep -E '^(execs_done|execs_per_sec|corpus_count|edges_found|bitmap_cvg|saved_crashes|saved_hangs|run_time)' "$work/$target/default/fuzzer_stats"
if ls "$work/$target/default/crashes"/id* > /dev/null 2>&1; then
    dotnet exec "$program/AceStep.Fuzz.dll" check "$target" "$work/$target/default/crashes"/id*
fi

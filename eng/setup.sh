#!/usr/bin/env bash
# Prepares this machine: sees to the .NET SDK, and installs the system libraries that are missing where that needs no question.
# ./acestep and ./test call it at each start; what is prepared is not prepared again.
#
#   --tests   adds the programs that tests compare our results with
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
stamp=$root/artifacts/prepared
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
[ "${1-}" != --tests ] || stamp=$stamp-for-tests

# Nothing is started where nothing is to be done: this is a part of every start.
[ "$stamp" -nt "${BASH_SOURCE[0]}" ] && exit 0

source "$root/eng/apt.sh"

say() { echo "setup: $*" >&2; }
die() { say "$@"; exit 1; }

loads() { [[ $(PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2> /dev/null) == *"$1"* ]]; }

# What .NET takes from the system and a minimal Debian lacks: its packages bring them, an unpacked SDK does not.
need_libraries_of_dotnet() {
    command -v dpkg-query > /dev/null || return 0
    local packages=()
    loads libicuuc.so || packages+=('^libicu[0-9]+$')
    loads libssl.so || packages+=(libssl3)
    [ -n "${SSL_CERT_FILE-}" ] || [ -e /etc/ssl/certs/ca-certificates.crt ] || packages+=(ca-certificates)
    [ ${#packages[@]} -eq 0 ] || install_packages "${packages[@]}" || die ".NET does not run without them"
}

need_dotnet() {
    local page=https://learn.microsoft.com/dotnet/core/install
    command -v dotnet > /dev/null || die "the .NET 10 SDK is missing. How to install it: $page"
    need_libraries_of_dotnet
    # The version is global.json's; dotnet itself says what it lacks.
    (cd "$root" && dotnet --version > /dev/null) || die "the .NET 10 SDK is missing. How to install it: $page"
}

# Everything but audio files other than WAV works without.
want_audio_library() {
    if ! command -v dpkg-query > /dev/null; then
        loads libsndfile.so || say "for audio files other than WAV install libsndfile 1.1 or later"
    else
        install_packages libsndfile1 || say "going on without libsndfile1: audio files other than WAV need it"
    fi
}

has_any() { local program; for program; do ! command -v "$program" > /dev/null || return 0; done; return 1; }

# Tests that miss these are skipped, and say so. Each line on its own: another system's archive may lack one.
want_programs_of_tests() {
    if ! command -v dpkg-query > /dev/null; then
        say "tests that need sox, sndfile-convert, MeCab, xz, node with npm or Chromium are skipped where these are missing"
        return 0
    fi
    local without="going on without: the tests that need them are skipped"
    install_packages sox libsox-fmt-mp3 sndfile-programs libmecab2 xz-utils || say "$without"
    # Whoever has a browser or node from elsewhere keeps it. Ubuntu has no Chromium among its packages; Debian's headless one needs
    # half the packages of the one with windows.
    local browsers=(chromium chromium-browser chromium-headless-shell google-chrome google-chrome-stable)
    if [ -z "${ACESTEP_CHROMIUM-}" ] && grep -qsx 'ID=debian' /etc/os-release && ! has_any "${browsers[@]}"; then
        install_packages chromium-headless-shell fonts-dejavu-core || say "$without"
    fi
    (has_any node && has_any npm) || install_packages nodejs npm || say "$without"
}

# The queue of many machines. Unpacked beside the build, not installed: its package would start a server that listens to all.
want_queue_of_tests() {
    command -v dpkg-deb > /dev/null || return 0
    local place=$root/artifacts/nats-server folder
    [ -x /usr/sbin/nats-server ] || [ -x "$place/usr/sbin/nats-server" ] || command -v nats-server > /dev/null && return 0
    folder=$(mktemp -d)
    if (cd "$folder" && { apt-get -q download nats-server || { find_root && run_apt update && apt-get -q download nats-server; }; }) > /dev/null 2>&1; then
        mkdir -p "$place"
        dpkg-deb -x "$folder"/nats-server_*.deb "$place"
    else
        say "going on without nats-server: the tests that need it are skipped"
    fi
    rm -rf "$folder"
}

need_dotnet
want_audio_library
[ "${1-}" != --tests ] || { want_programs_of_tests; want_queue_of_tests; }

mkdir -p "$root/artifacts"
touch "$root/artifacts/prepared" "$stamp"

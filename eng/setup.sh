#!/usr/bin/env bash
# Prepares this machine: finds the .NET SDK, decides which TorchSharp to build against, installs the system libraries that are
# missing. ./acestep and ./test call it at each start; what is prepared is not prepared again.
#
#   --tests                                 adds the programs that tests compare audio files with
#   TorchProvider=Package|System|Assembly   decides instead of this script (eng/TorchSharp.targets)
#   LIBTORCH=FOLDER                         builds against this libtorch; implies System
#   ACESTEP_UNIDIC=FOLDER                   a UniDic dictionary for Japanese lyrics, instead of the system's 5 GB
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
props=$root/TorchProvider.props
stamp=$root/artifacts/prepared
tests_stamp=$root/artifacts/prepared-tests
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

say() { echo "setup: $*" >&2; }
die() { say "$@"; exit 1; }

# What the decisions depend on; where it is as it was, so are they.
inputs() {
    cksum < "$root/eng/setup.sh"
    echo "TorchProvider=${TorchProvider-} LIBTORCH=${LIBTORCH-} ACESTEP_UNIDIC=${ACESTEP_UNIDIC-}"
}

need_dotnet() {
    command -v dotnet > /dev/null \
        || die "the .NET 10 SDK is missing. How to install it: https://learn.microsoft.com/dotnet/core/install"
    # The version is global.json's; dotnet itself says what it lacks.
    (cd "$root" && dotnet --version > /dev/null) || die "the .NET 10 SDK is missing: https://learn.microsoft.com/dotnet/core/install"
}

# TorchSharp's own library for Linux is built for x64 and asks for the C++ library of GCC 13.
machine_runs_torchsharp() {
    case "$(uname -s)-$(uname -m)" in
        Linux-x86_64)
            local library
            for library in $(PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2> /dev/null | sed -n 's/.*libstdc++\.so\.6 (.*x86-64.*) => //p'); do
                grep -q GLIBCXX_3.4.32 "$library" && return 0
            done
            return 1 ;;
        Linux-*) return 1 ;;
        *) return 0 ;;
    esac
}

# Restores the packages without what they depend on: libtorch itself is 600 MB.
feed_has_torchsharp() {
    local version scratch
    version=$(sed -n 's/.*Include="TorchSharp" Version="\([^"]*\)".*/\1/p' "$root/Directory.Packages.props")
    scratch=$(mktemp -d)
    cat > "$scratch/feed.csproj" << END
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup>
    <PackageDownload Include="TorchSharp" Version="[$version]" />
    <PackageDownload Include="TorchSharp-cpu" Version="[$version]" />
  </ItemGroup>
</Project>
END
    local found=1
    dotnet restore "$scratch/feed.csproj" --verbosity quiet > /dev/null 2>&1 < /dev/null && found=0
    rm -rf "$scratch"
    return $found
}

decide_provider() {
    if [ -n "${TorchProvider-}" ]; then
        echo "$TorchProvider"
    elif [ -n "${LIBTORCH-}" ]; then
        echo System
    elif machine_runs_torchsharp && feed_has_torchsharp; then
        echo Package
    else
        echo System
    fi
}

missing() {
    local package
    for package; do
        case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null) in
            installed) ;;
            *) echo "$package" ;;
        esac
    done
}

# Sets as_root to what lets apt-get install: nothing for root, else sudo.
find_root() {
    as_root=()
    [ "$(id -u)" -eq 0 ] && return 0
    command -v sudo > /dev/null || return 1
    as_root=(sudo)
    # Without a terminal nobody can answer for the password.
    [ -t 0 ] || sudo -n true 2> /dev/null
}

# install PACKAGE...: installs those that are missing; fails, and says what to type, where it cannot.
install() {
    local packages
    packages=$(missing "$@" | tr '\n' ' ')
    [ -n "$packages" ] || return 0
    if ! find_root; then
        say "these packages are missing; install them with:"
        echo "  sudo apt-get install --no-install-recommends ${packages% }" >&2
        return 1
    fi
    say "installing ${packages% }"
    local log
    log=$(mktemp)
    # shellcheck disable=SC2086
    if ! { ${as_root[@]+"${as_root[@]}"} apt-get -q update \
        && ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends $packages; } \
        > "$log" 2>&1 < /dev/null; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        say "apt-get could not install ${packages% }"
        return 1
    fi
    rm -f "$log"
}

install_torch() {
    [ "$1" = System ] || return 0
    local packages="g++ cmake make"
    [ -n "${LIBTORCH-}" ] || packages="libtorch-dev libopenblas0-pthread $packages"
    if command -v apt-get > /dev/null; then
        # shellcheck disable=SC2086
        install $packages || exit 1
    elif [ -z "${LIBTORCH-}" ]; then
        die "TorchSharp's packages do not run here, and there is no apt-get to install libtorch with. Set LIBTORCH to the folder of a" \
            "libtorch 1.13 to 2.11, and install cmake and a C++ compiler."
    fi
}

# Audio files other than WAV, and Japanese lyrics. Everything else works without.
install_extras() {
    if ! command -v apt-get > /dev/null; then
        say "for audio files other than WAV install libsndfile and lame; for Japanese lyrics mecab and a UniDic dictionary"
        return 0
    fi
    install libsndfile1 libmp3lame0 libmecab2 || say "going on without; ./eng/setup.sh tries again once $stamp is deleted"
    [ -z "${ACESTEP_UNIDIC-}" ] && [ -n "$(missing unidic-mecab)" ] || return 0
    if [ "$(df -Pk /usr | awk 'NR == 2 { print $4 }')" -lt 8000000 ]; then
        say "no room for the Japanese dictionary (unidic-mecab, 5 GB): going on without"
    else
        say "the Japanese dictionary comes next: 1 GB to download, 5 GB on disk"
        install unidic-mecab || say "going on without; Japanese lyrics fall back to kana alone"
    fi
}

# Tests that miss these are skipped, and say so.
install_for_tests() {
    command -v apt-get > /dev/null || return 0
    install sox sndfile-programs || say "going on without"
}

prepared() { [ -f "$1" ] && [ "$(inputs)" = "$(cat "$1")" ]; }

remember() {
    mkdir -p "$(dirname "$1")"
    inputs > "$1"
}

if ! prepared "$stamp" || [ ! -f "$props" ]; then
    need_dotnet
    provider=$(decide_provider)
    say "building against TorchSharp from: $provider"
    install_torch "$provider"
    install_extras
    cat > "$props" << END
<!-- Written by eng/setup.sh: which TorchSharp this machine builds against. -->
<Project>
  <PropertyGroup>
    <TorchProvider Condition="'\$(TorchProvider)' == ''">$provider</TorchProvider>
  </PropertyGroup>
</Project>
END
    remember "$stamp"
fi

if [ "${1-}" = --tests ] && ! prepared "$tests_stamp"; then
    install_for_tests
    remember "$tests_stamp"
fi

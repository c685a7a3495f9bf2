#!/usr/bin/env bash
# fresh-machine.sh [--beside FOLDER] [--results FOLDER] [bookworm|trixie] [-- COMMAND...]
#
# Runs the README's two commands, or COMMAND, on a machine that has never seen this project: a minimal Debian (bookworm unless
# told otherwise) with this machine's .NET SDK, package sources, certificates and NuGet configuration, a clone of HEAD, and nothing
# else. Says how long each command took and how much disk the machine takes, and removes it.
#
#   --beside FOLDER    puts FOLDER beside the clone, read-only
#   --results FOLDER   copies what COMMAND leaves in artifacts/test-results there
#   TMPDIR=FOLDER      where the machine is made, instead of /var/tmp: it takes 5 GB
#
# Returns COMMAND's exit status; 125 where the machine could not be made. Needs Linux, root, and debootstrap or apt-get.
#
# The machine runs in namespaces of its own, so its mounts are never seen outside and its processes end with this script,
# however that ends.
set -Eeuo pipefail

self=$(readlink -f "${BASH_SOURCE[0]}")
root=$(cd "$(dirname "$self")/.." && pwd)

say() { echo "fresh-machine: $*" >&2; }
die() { say "$@"; exit 125; }

# Sets suite, beside, results and command.
read_arguments() {
    suite=bookworm beside='' results='' command=()
    while [ $# -gt 0 ]; do
        case $1 in
            --beside) beside=$(readlink -e "${2-}") || die "--beside: there is no folder ${2-}"; shift ;;
            --results) results=$(readlink -m "${2:?}"); shift ;;
            bookworm | trixie) suite=$1 ;;
            --) shift; command=("$@"); break ;;
            *) die "unknown argument $1; see the head of $self" ;;
        esac
        shift
    done
}

# --- Outside: makes the folder, starts the machine in its namespaces, removes the folder.

start() {
    [ "$(uname -s)" = Linux ] && [ "$(id -u)" -eq 0 ] || die "this needs Linux and root"
    command -v dotnet > /dev/null || die "the .NET SDK is missing"
    command -v git > /dev/null || die "git is missing"
    source "$root/eng/apt.sh"
    command -v debootstrap > /dev/null || install_packages debootstrap debian-archive-keyring || die "debootstrap is missing"
    unshare --mount --pid --fork true 2> /dev/null || die "this system allows no namespaces"
    [ -z "$(git -C "$root" status --porcelain)" ] || say "the machine gets HEAD, without the changes that are not committed"

    folder=$(mktemp -d "${TMPDIR:-/var/tmp}/fresh-machine.XXXXXX")
    trap remove EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    # In the background, since a shell answers no signal while it waits for something in the foreground.
    setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc \
        env --default-signal bash "$self" --inside "$folder" "$@" &
    init=$!
    wait "$init"
}

remove() {
    if [ -n "${init-}" ] && kill -0 "$init" 2> /dev/null; then
        # The first process of the machine takes all others with it, and is gone when unshare is.
        kill -KILL $(cat "/proc/$init/task/$init/children") 2> /dev/null || kill -KILL "$init"
        wait "$init" 2> /dev/null || true
    fi
    if grep -q " $folder/" /proc/mounts; then
        say "something is mounted in $folder, so it stays"
    else
        rm -rf --one-file-system "$folder"
    fi
}

# --- Inside: the first process of the machine.

# archives: what this machine's package sources call Debian's archives, one "LABEL ADDRESS" a line; nothing on another system.
archives() {
    command -v apt-get > /dev/null || return 0
    apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' 2> /dev/null | sort -u
}

install_system() {
    local found main security log=$folder/debootstrap.log
    found=$(archives)
    main=$(awk '$1 == "Debian" { print $2; exit }' <<< "$found")
    security=$(awk '$1 == "Debian-Security" { print $2; exit }' <<< "$found")
    say "making a minimal Debian $suite from ${main:-its usual address}"
    if ! timeout 600 debootstrap --variant=minbase "$suite" "$machine" ${main:+"$main"} > "$log" 2>&1; then
        tail -n 20 "$log" >&2
        die "debootstrap failed"
    fi
    [ -z "$main" ] || echo "deb $main $suite-updates main" >> "$machine/etc/apt/sources.list"
    [ -z "$security" ] || echo "deb $security $suite-security main" >> "$machine/etc/apt/sources.list"
    ! command -v apt-config > /dev/null || apt-config dump | grep -iE '^Acquire::https?::' > "$machine/etc/apt/apt.conf.d/99machine" || true
    cp /etc/hosts "$machine/etc/hosts"
}

mount_kernel() {
    mount -t proc proc "$machine/proc"
    mount --rbind /sys "$machine/sys"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$machine/dev/pts"
    mount -t tmpfs tmpfs "$machine/dev/shm"
}

# Beside its archives: the SDK, and by what it reaches NuGet's feeds.
carry_in() {
    local path
    sdk=$(dirname "$(readlink -f "$(command -v dotnet)")")
    mkdir -p "$machine$sdk"
    mount --bind -o ro "$sdk" "$machine$sdk"
    ln -s "$sdk/dotnet" "$machine/usr/bin/dotnet"

    for path in ${HOME:+"$HOME/.nuget/NuGet"} /etc/opt/NuGet; do
        [ ! -d "$path" ] || { mkdir -p "$machine/${path/#$HOME//root}" && cp -r "$path/." "$machine/${path/#$HOME//root}"; }
    done
    local IFS=$' \t\n:'
    for path in ${SSL_CERT_FILE-} ${SSL_CERT_DIR-} /usr/local/share/ca-certificates; do
        [ ! -e "$path" ] || cp -rL --parents "$path" "$machine"
    done
}

# variables: those that say how to reach the feeds, as NAME=VALUE, each ended by a null. Folders of this machine's caches stay out.
variables() {
    env -0 | grep -zE '^(NUGET_|SSL_CERT_|(https?|all|no)_proxy=|(HTTPS?|ALL|NO)_PROXY=)' | grep -zvE '^NUGET_(PACKAGES|[A-Z_]*PATH|SCRATCH)=' || true
}

# run COMMAND...: runs it in the clone, and says how long it took.
run() {
    local status=0 began=$SECONDS
    say "runs $*"
    chroot "$machine" env -i "${environment[@]}" bash -c 'cd /root/acestep && exec "$@"' bash "$@" < /dev/null || status=$?
    say "$((SECONDS - began)) s, exit status $status: $*"
    return $status
}

# What is carried in lies on this machine's disk already. Outputs are links to the packages' files, so those are counted first.
say_disk() {
    local sizes
    sizes=$(du -sxm --exclude="$machine$sdk" ${beside:+--exclude="$machine/root/${beside##*/}"} \
        "$machine/root/.nuget" "$machine/root/acestep" "$machine" 2> /dev/null | cut -f 1 | paste -s -d ' ')
    say "MB on disk, NuGet's folder, the clone, the system: $sizes"
}

run_machine() {
    # Whatever fails before the command runs is a machine that could not be made.
    trap 'exit 125' ERR
    local began=$SECONDS status=0
    install_system
    mount_kernel
    carry_in
    git clone --quiet "$root" "$machine/root/acestep"
    if [ -n "$beside" ]; then
        mkdir "$machine/root/${beside##*/}"
        mount --bind -o ro "$beside" "$machine/root/${beside##*/}"
    fi
    environment=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8)
    local variable
    while IFS= read -r -d '' variable; do environment+=("$variable"); done < <(variables)
    say "$((SECONDS - began)) s, $(. "$machine/etc/os-release" && echo "$PRETTY_NAME") with .NET SDK $(dotnet --version)"
    say_disk
    trap - ERR

    if [ ${#command[@]} -gt 0 ]; then
        run "${command[@]}" || status=$?
    else
        run ./acestep generate --prompt "techno, 128 bpm, drums, bass" --output song.wav || status=$?
        [ $status -ne 0 ] || run ./test || status=$?
    fi
    say_disk
    if [ -n "$results" ] && [ -d "$machine/root/acestep/artifacts/test-results" ]; then
        mkdir -p "$results"
        cp -r "$machine/root/acestep/artifacts/test-results/." "$results"
    fi
    return $status
}

if [ "${1-}" = --inside ]; then
    folder=$2
    machine=$folder/root
    shift 2
    read_arguments "$@"
    run_machine
else
    read_arguments "$@"
    start "$@"
fi

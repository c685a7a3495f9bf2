# shellcheck shell=bash
# Sourced: installs Debian packages, where that needs no question. Who sources it defines say, which prints a message.

# Sets as_root to what lets apt-get install: nothing for root, else sudo. A password is never asked for.
find_root() {
    as_root=()
    [ "$(id -u)" -eq 0 ] && return 0
    as_root=(sudo -n)
    sudo -n true 2> /dev/null
}

# run_apt COMMAND...: never waits long for the network or for another apt-get, and never asks.
run_apt() {
    ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=60 \
        -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 "$@" < /dev/null
}

# install_packages PACKAGE...: installs those that are missing; fails, and says why or what to type, where it cannot.
# A package may be a regular expression that begins with ^.
install_packages() {
    local package packages=()
    for package; do
        case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null) in
            installed) ;;
            *) packages+=("$package") ;;
        esac
    done
    [ ${#packages[@]} -gt 0 ] || return 0

    if ! command -v apt-get > /dev/null; then
        say "missing, and there is no apt-get to install them with: ${packages[*]}"
        return 1
    elif ! find_root; then
        say "these packages are missing; install them with:"
        echo "  sudo apt-get install --no-install-recommends$(printf ' %q' "${packages[@]}")" >&2
        return 1
    fi

    say "installing ${packages[*]}"
    local log
    log=$(mktemp)
    # The lists of packages may be older than the archive; they are fetched where they turn out to be.
    if run_apt install --no-install-recommends "${packages[@]}" > "$log" 2>&1 \
        || { run_apt update; run_apt install --no-install-recommends "${packages[@]}"; } >> "$log" 2>&1; then
        rm -f "$log"
        return 0
    fi
    tail -n 20 "$log" >&2
    rm -f "$log"
    say "apt-get could not install ${packages[*]}"
    return 1
}

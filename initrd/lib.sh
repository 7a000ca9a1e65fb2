# Shell functions shared by build.sh, demo.sh and tests/run.sh. Sourced, not run.
# shellcheck shell=bash

# Where the repository is, and where everything that is built goes (ignored by git).
# shellcheck disable=SC2034 # used by the scripts that source this
REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
OUT=$REPO/out
# shellcheck disable=SC2034
CACHE=$OUT/cache

# sgdisk, mke2fs and similar tools are in sbin, which is not in an ordinary user's PATH.
PATH=$PATH:/usr/sbin:/sbin

say() { printf '== %s\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else die "needs root (or sudo) for: $*"
    fi
}

# need PACKAGE...: install the Debian packages that are missing. Prints nothing and needs no network if none is missing.
need() {
    local package missing=()
    for package; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return
    say "installing ${missing[*]}"
    as_root apt-get -qq update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends "${missing[@]}" >"$OUT/apt.log" 2>&1 ||
        { tail -n 20 "$OUT/apt.log" >&2; die "apt-get could not install ${missing[*]}"; }
}

# digest FILE|DIR...: print one digest over names, modes and contents; it does not depend on the directory.
digest() {
    local path
    for path; do
        if [ -d "$path" ]; then (cd "$path" && find . -type f -printf '%m %P\n' -exec sha256sum {} + | sort)
        else sha256sum <"$path"; fi
    done | sha256sum | cut -c1-16
}

# A cached file has a digest of its inputs in its name. `made FILE` is true if it exists; otherwise it removes older versions, so
# that the cache has one version of each.
made() {
    local file=$1 old
    [ -e "$file" ] && { touch "$file"; return 0; }
    for old in "${file%-*}"-*; do [ -e "$old" ] && rm -rf "$old"; done
    mkdir -p "$(dirname "$file")"
    return 1
}

seconds_since() { printf '%d s' $((SECONDS - $1)); }

mkdir -p "$OUT"

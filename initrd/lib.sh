# Shell functions shared by build.sh, demo.sh and tests/run.sh. Sourced, not run.
# shellcheck shell=bash

# Where the repository is, and where everything that is built goes (ignored by git).
# shellcheck disable=SC2034 # used by the scripts that source this
REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
OUT=$REPO/out
# shellcheck disable=SC2034
CACHE=$OUT/cache

# sgdisk, mke2fs and the like live in sbin, which is not on an ordinary user's PATH.
PATH=$PATH:/usr/sbin:/sbin

say() { printf '== %s\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else die "needs root (or sudo) for: $*"
    fi
}

# need PACKAGE...: install those Debian packages that are missing. Quiet and offline when there is none.
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

# digest FILE|DIR...: one digest over names, modes and contents, the same wherever the files lie.
digest() {
    local path
    for path; do
        if [ -d "$path" ]; then (cd "$path" && find . -type f -printf '%m %P\n' -exec sha256sum {} + | sort)
        else sha256sum <"$path"; fi
    done | sha256sum | cut -c1-16
}

# Work that is worth keeping is made under a name that says what went into it. `made FILE` is true when it is there already;
# older versions of it are removed, so that the cache holds one of each.
made() {
    local file=$1 old
    [ -e "$file" ] && { touch "$file"; return 0; }
    for old in "${file%-*}"-*; do [ -e "$old" ] && rm -rf "$old"; done
    mkdir -p "$(dirname "$file")"
    return 1
}

seconds_since() { printf '%d s' $((SECONDS - $1)); }

mkdir -p "$OUT"

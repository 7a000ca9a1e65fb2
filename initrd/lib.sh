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

# apt_get WORD...: run apt-get, silently. Another apt or dpkg may be running, for example that of a fresh machine: wait for it.
apt_get() {
    local log=$OUT/apt.log limit=$((SECONDS + 600)) waiting=
    until as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -o DPkg::Lock::Timeout=600 -qq "$@" >"$log" 2>&1; do
        # Only the lock of dpkg has a timeout, not those of the lists and of the downloads.
        if ! grep -q 'Could not get lock\|Unable to lock' "$log" || [ "$SECONDS" -gt "$limit" ]; then
            tail -n 20 "$log" >&2
            return 1
        fi
        [ -n "$waiting" ] || say "waiting for another apt to end"
        waiting=yes
        sleep 3
    done
}

# need PACKAGE...: install the Debian packages that are missing. Prints nothing and needs no network if none is missing.
need() {
    local package missing=()
    for package; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return
    say "installing ${missing[*]}"
    apt_get update || die "apt-get could not update its lists"
    apt_get -y install --no-install-recommends "${missing[@]}" || die "apt-get could not install ${missing[*]}"
}

# apt_entries RELEASE: print the Debian entries of this machine's apt, with another release.
apt_entries() {
    local origin uri codename component entries
    # shellcheck disable=SC2016 # apt's own variables
    entries=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
        while read -r origin uri codename component; do
            [ "$origin" = Debian ] || continue
            case $codename in *backports*|*proposed*) continue ;; esac
            printf 'deb %s %s%s %s\n' "$uri" "$1" "${codename#"${codename%%-*}"}" "$component"
        done | sort -u)
    if [ -z "$entries" ] && [ -z "${apt_updated-}" ]; then        # no package lists yet, as in container images
        apt_updated=yes
        apt_get update || die "apt-get could not update its lists"
        entries=$(apt_entries "$1")
    fi
    [ -n "$entries" ] || die "apt on this machine has no Debian mirror (see apt-get indextargets)"
    printf '%s\n' "$entries"
}

# foreign_packages ARCH DIR PACKAGE...: download Debian packages of another architecture, and unpack each into DIR. This
# machine's own dpkg and apt are not changed.
foreign_packages() {
    local arch=$1 to=$2 state=$CACHE/apt-$1 key=/usr/share/keyrings/debian-archive-keyring.gpg package apt; shift 2
    need debian-archive-keyring
    rm -rf "$state"
    mkdir -p "$state/lists/partial" "$state/archives/partial" "$state/packages" "$to"
    : >"$state/status"
    apt_entries bookworm | sed "s|^deb |deb [signed-by=$key] |" >"$state/sources"
    apt=(-o APT::Architecture="$arch" -o APT::Architectures="$arch" -o Dir::State="$state" -o Dir::State::status="$state/status"
        -o Dir::Cache="$state" -o Dir::Etc::SourceList="$state/sources" -o Dir::Etc::SourceParts=- -o APT::Sandbox::User= -qq)
    apt-get "${apt[@]}" update || die "the package lists for $arch cannot be fetched"
    for package; do
        # A package without files depends on the one that has them.
        case $package in linux-image-*)
            package=$(apt-cache "${apt[@]}" depends "$package" | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
        esac
        (cd "$state/packages" && apt-get "${apt[@]}" download "$package") || die "$package for $arch cannot be downloaded"
    done
    for package in "$state"/packages/*.deb; do dpkg-deb -x "$package" "$to"; done
    rm -rf "$state"
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

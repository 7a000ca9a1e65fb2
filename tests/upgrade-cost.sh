#!/usr/bin/env bash
# Compares the time of an upgrade to a tree of 1 GiB with that of mke2fs -d of the tree and one reading of the result: upgrade-cost.sh
# [ROUNDS] (default: 3). Needs about 8 GiB below out/, and root for a loop device. In both cases the tree is in memory, the image is written
# to the same file system, and it is read back from the disk. Prints the time of the clock and, in brackets, of the processors, which is
# more reliable on a busy machine. Exits with 1 if the upgrade takes more than 1.5 times as long.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../initrd/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../initrd/lib.sh"
# shellcheck source-path=SCRIPTDIR source=../initrd/debian/disk.sh
. "$REPO/initrd/debian/disk.sh"
rounds=${1:-3} max_percent=150

need e2fsprogs mount
"$REPO/initrd/build.sh" >&2
need_image_tools
debian_base
debian_initrds
debian_root
work=$(mktemp -d "$OUT/upgrade-cost.XXXXXX")
tree=$work/tree state=$work/state image=$work/state/cOS/other.img
cleanup() { umount "$state" 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT
mkdir -p "$tree" "$state"

# A Debian with copies of its programs and libraries until the tree is large enough: many small files and some large ones, as in a system.
tar -C "$tree" -xf "$ROOT"
cp -a "$tree/usr" "$work/more"
kibibytes() { du -sk "$1" | cut -f 1; }
size=$(kibibytes "$tree")
for ((copy = 1; size < 1 << 20; copy++)); do
    for part in "$work"/more/{bin,lib,sbin,share}; do
        [ "$size" -lt $((1 << 20)) ] || break
        mkdir -p "$tree/opt/$copy"
        cp -a "$part" "$tree/opt/$copy/"
        size=$((size + $(kibibytes "$part")))
    done
done
say "a tree of $((size >> 10)) MiB, $(find "$tree" | wc -l) files"

truncate -s 6G "$work/partition"
mke2fs -q -F -t ext4 "$work/partition"
mount -o loop "$work/partition" "$state"
mkdir -p "$state/cOS" "$state/grub"

features=none,ext_attr,dir_index,filetype,extent,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize
tool() { mke2fs -q -F -t ext4 -b 4096 -m 0 -O "$features" -d "$tree" "$image" "$((size * 9 / 8))k"; }
# Drops a file from memory. It must be on the disk first.
drop() { sync -f "$1"; dd of="$1" oflag=nocache conv=notrunc,fdatasync count=0 status=none; }
by_tool() { rm -f "$image"; tool; drop "$image"; cat "$image" >/dev/null; }
by_upgrade() { "$OUT/kboot" upgrade --root "$tree" --state "$state" >/dev/null; }

# cost COMMAND: prints its time by the clock and by the processors, in hundredths of a second.
cost() {
    local TIMEFORMAT='%R %U %S' real user system
    read -r real user system < <({ time "$@" >&2; } 2>&1 | tail -n 1)
    echo "$((10#${real/./} / 10)) $(((10#${user/./} + 10#${system/./}) / 10))"
}
minimum() { if [ -z "$1" ] || [ "$2" -lt "$1" ]; then echo "$2"; else echo "$1"; fi; }

find "$tree" -type f -exec cat {} + >/dev/null
a='' a_cpu='' b='' b_cpu=''
for ((round = 1; round <= rounds; round++)); do
    read -r clock processors < <(cost by_tool)
    a=$(minimum "$a" "$clock") a_cpu=$(minimum "$a_cpu" "$processors")
    rm -f "$image"
    read -r other other_processors < <(cost by_upgrade)
    b=$(minimum "$b" "$other") b_cpu=$(minimum "$b_cpu" "$other_processors")
    say "round $round: mke2fs -d and reading $clock ($processors), upgrade $other ($other_processors) hundredths of a second"
done
say "minimum: upgrade to mke2fs -d and reading $((b * 100 / a)) %, of processor time $((b_cpu * 100 / a_cpu)) %; limit $max_percent %"
[ $((b * 100 / a)) -le "$max_percent" ]

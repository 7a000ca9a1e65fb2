#!/usr/bin/env bash
# What an upgrade to a tree of 1 GiB costs, beside mke2fs -d of that tree and one reading of its result from the disk: upgrade-cost.sh [ROUNDS].
# Takes some 8 GiB below out/, and root for a loop device. Both have the tree in memory and write to the same file system; both read their image back from
# the disk. Seconds of the clock, and of the processors in brackets: on a busy machine those tell more. Exit 1 when the upgrade takes more than 1.5 times as long.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../initrd/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../initrd/lib.sh"
# shellcheck source-path=SCRIPTDIR source=../initrd/debian/disk.sh
. "$REPO/initrd/debian/disk.sh"
rounds=${1:-3} most=150

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

# A Debian, and its programs and libraries again until it is large enough: a system's mixture of many small files and some large ones.
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

tool() { mke2fs -q -F -t ext4 -b 4096 -m 0 -O none,ext_attr,dir_index,filetype,extent,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize -d "$tree" "$image" "$((size * 9 / 8))k"; }
# What is not on the disk yet cannot be dropped from memory.
drop() { sync -f "$1"; dd of="$1" oflag=nocache conv=notrunc,fdatasync count=0 status=none; }
by_tool() { rm -f "$image"; tool; drop "$image"; cat "$image" >/dev/null; }
by_upgrade() { "$OUT/kboot" upgrade --root "$tree" --state "$state" >/dev/null; }

# cost COMMAND: hundredths of a second by the clock and by the processors.
cost() {
    local TIMEFORMAT='%R %U %S' real user system
    read -r real user system < <({ time "$@" >&2; } 2>&1 | tail -n 1)
    echo "$((10#${real/./} / 10)) $(((10#${user/./} + 10#${system/./}) / 10))"
}
least() { if [ -z "$1" ] || [ "$2" -lt "$1" ]; then echo "$2"; else echo "$1"; fi; }

find "$tree" -type f -exec cat {} + >/dev/null
a='' a_cpu='' b='' b_cpu=''
for ((round = 1; round <= rounds; round++)); do
    read -r clock processors < <(cost by_tool)
    a=$(least "$a" "$clock") a_cpu=$(least "$a_cpu" "$processors")
    rm -f "$image"
    read -r other other_processors < <(cost by_upgrade)
    b=$(least "$b" "$other") b_cpu=$(least "$b_cpu" "$other_processors")
    say "round $round: mke2fs -d and reading $clock ($processors), upgrade $other ($other_processors) hundredths of a second"
done
say "least: upgrade to mke2fs -d and reading $((b * 100 / a)) %, of processor time $((b_cpu * 100 / a_cpu)) %; no more than $most %"
[ $((b * 100 / a)) -le "$most" ]

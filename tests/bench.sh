#!/usr/bin/env bash
# Measures the boot from the kernel's start of the initrd to the first instruction of the image's init, in QEMU:
#   bench.sh [--binds N] [--files N] [--configs N] [--disks N] [--cpus N] [--no-counts] [--no-script]
#            [--save FILE] [--compare FILE] [NAME=INITRD...]
#   bench.sh --growth [KIND...]
#   bench.sh --loader [SET]
# Without NAME=INITRD: the initrd of this repository. It also measures tests/bench/floor.c, which does nothing but the work, and
# tests/bench/script, a shell script with busybox. Each boots a disk that was never booted (pristine) and the one that it left (warm).
#   --binds N    persistent paths, default 20            --files N    files to seed in one of them, default 0
#   --configs N  cloud-configs, default 1                --disks N    empty disks next to the system's, default 0
#   --cpus N     processors; more than one: as with --no-counts, and one boot more counts instructions, without those that one processor
#                executes next to another
#   --no-counts  the times are those of this machine, the median of five boots
#   --save FILE  keeps the figures; --compare FILE prints those of an earlier run, too.
#   --growth     what one more costs of binds, configs, disks, modules and files, and a new image next to rsync. All take an hour.
#   --loader     what firmware, GRUB and the unpacking of the initrd take for each compression, with BIOS and UEFI, from power-on. SET
#                is that of kboot initrd build --modules, virtio if there is none.
# Counts are instructions of the guest, and repeatable; with one processor also the guest's clock runs by them, except while the guest
# waits: 1 ns each. docs/performance.md says how to read the figures.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../initrd/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../initrd/lib.sh"
# shellcheck source-path=SCRIPTDIR source=../initrd/debian/disk.sh
. "$REPO/initrd/debian/disk.sh"
source=$REPO/tests/bench
# shellcheck source-path=SCRIPTDIR source=bench/lib.sh
. "$source/lib.sh"

binds=20 files=0 configs=1 disks=0 cpus=1 counts=yes save='' compare='' with_script=yes growth='' loader=''
names=() initrds=() kinds=()
while [ $# -gt 0 ]; do
    case $1 in
        --binds) binds=$2; shift 2 ;;
        --files) files=$2; shift 2 ;;
        --configs) configs=$2; shift 2 ;;
        --disks) disks=$2; shift 2 ;;
        --cpus) cpus=$2; [ "$2" = 1 ] || counts=''; shift 2 ;;
        --no-counts) counts=''; shift ;;
        --no-script) with_script=''; shift ;;
        --growth) growth="binds configs disks modules files"; shift ;;
        --loader) loader=${2:-virtio}; shift $(($# > 1 ? 2 : 1)) ;;
        binds|configs|disks|modules|files) [ -n "$growth" ] || die "$1 needs --growth"; kinds+=("$1"); shift ;;
        --save) save=$2; shift 2 ;;
        --compare) compare=$2; shift 2 ;;
        *=*) names+=("${1%%=*}"); initrds+=("$(realpath "${1#*=}")"); shift ;;
        *) die "not an option or NAME=INITRD: $1" ;;
    esac
done
[ ${#kinds[@]} = 0 ] || growth=${kinds[*]}

need gcc libc6-dev cpio e2fsprogs gdisk busybox-static kmod zstd qemu-system-x86 python3
work=$(mktemp -d /dev/shm/kairosboot-bench.XXXXXX)
trap 'rm -rf "$work"' EXIT
debian_base
if [ ${#names[@]} = 0 ]; then
    [ -x "$OUT/kairos-boot" ] || "$REPO/initrd/build.sh"
    need_image_tools
    "$OUT/kboot" initrd build --root "$KERNEL_ROOT" --modules virtio --output "$work/ours"
    names=(kairos-boot) initrds=("$work/ours")
fi
rows=$work/rows
mkdir -p "$OUT/bench"
say "building the programs"
build_programs
if [ -n "$growth" ]; then
    # shellcheck source-path=SCRIPTDIR source=bench/growth.sh
    . "$source/growth.sh"
    exit
fi
if [ -n "$loader" ]; then
    # shellcheck source-path=SCRIPTDIR source=bench/loader.sh
    . "$source/loader.sh"
    exit
fi

say "building the disk"
make_disk "$work/disk"
build_floor "$work/floor.img"
say "booting"
measure floor "$work/floor.img" "$work/disk"
if [ -n "$with_script" ]; then
    build_script "$work/script.img"
    measure script "$work/script.img" "$work/disk"
fi
for i in "${!names[@]}"; do measure "${names[i]}" "${initrds[i]}" "$work/disk"; done
say "$binds binds, $files files, $configs configs, $disks more disks, $cpus processors, kernel $(basename "$KERNEL_ROOT"/lib/modules/*)," \
    "$(qemu-system-x86_64 --version | head -n 1)"
python3 "$source/table.py" "$rows" ${compare:+"$compare"}
[ -z "$save" ] || cp "$rows" "$save"

#!/usr/bin/env bash
# Measures the boot from the kernel's start of the initrd to the first instruction of the image's init, in QEMU:
#   bench.sh [--binds N] [--files N] [--cpus N] [--save FILE] [--compare FILE] [NAME=INITRD...]
# Without NAME=INITRD: the initrd of this repository. It also measures tests/bench/floor.c, which does nothing but the work, and
# tests/bench/script, a shell script with busybox. Each boots a disk that was never booted (pristine) and the one that it left (warm).
#   --binds N    persistent paths, default 20       --files N   files to seed in one of them, default 0
#   --cpus N     processors. With more than one there are no counts, and the times are those of this machine, the median of five boots.
#   --save FILE  keeps the figures; --compare FILE prints those of an earlier run, too.
# Counts are instructions of the guest, and repeatable; with one processor also the guest's clock runs by them, except while the guest
# waits: 1 ns each. docs/performance.md says how to read the figures.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../initrd/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../initrd/lib.sh"
# shellcheck source-path=SCRIPTDIR source=../initrd/debian/disk.sh
. "$REPO/initrd/debian/disk.sh"

binds=20 files=0 cpus=1 save='' compare=''
names=() initrds=()
while [ $# -gt 0 ]; do
    case $1 in
        --binds) binds=$2; shift 2 ;;
        --files) files=$2; shift 2 ;;
        --cpus) cpus=$2; shift 2 ;;
        --save) save=$2; shift 2 ;;
        --compare) compare=$2; shift 2 ;;
        *=*) names+=("${1%%=*}"); initrds+=("$(realpath "${1#*=}")"); shift ;;
        *) die "not an option or NAME=INITRD: $1" ;;
    esac
done

need gcc libc6-dev cpio e2fsprogs gdisk busybox-static kmod zstd qemu-system-x86 python3
source=$REPO/tests/bench
work=$(mktemp -d /dev/shm/kairosboot-bench.XXXXXX)
trap 'rm -rf "$work"' EXIT
if [ ${#names[@]} = 0 ]; then
    [ -x "$OUT/kairos-boot" ] || "$REPO/initrd/build.sh"
    need_image_tools
    debian_base
    "$OUT/kboot" initrd build --root "$KERNEL_ROOT" --modules virtio --output "$work/ours"
    names=(kairos-boot) initrds=("$work/ours")
else
    debian_base
fi
release=$(basename "$KERNEL_ROOT"/lib/modules/*)

# The layout: overlays, and persistent paths with some files, as Kairos' default config has them.
overlays=(/etc /root /home /opt /srv /var)
paths=(/etc/systemd /etc/modprobe.d /etc/rancher /etc/ssh /etc/iscsi /etc/cni /etc/kubernetes /etc/ssl/certs /etc/sysconfig /etc/k0s
    /var/log /var/lib/kubelet /var/lib/rancher /var/lib/containerd /var/lib/cni /var/lib/longhorn /var/lib/etcd /var/lib/dbus
    /var/lib/extensions /var/lib/snapd)
for ((i = ${#paths[@]}; i < binds; i++)); do paths+=("$(printf /var/lib/app%04d "$i")"); done
paths=("${paths[@]:0:binds}")

archive() { (cd "$1" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet); }
c_list() { printf '"%s", ' "$@"; }
build() { gcc -O2 -static -no-pie -s -Wall "$@"; }

say "building the programs and the disk"
modules=(virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk loop overlay)
mkdir -p "$work/floor/modules" "$work/floor/sysroot" "$work/floor/"{dev,proc,sys,run} "$work/start"
for module in "${modules[@]}"; do
    file=$(find "$KERNEL_ROOT/lib/modules/" -name "$module.ko*")
    case $file in
        *.xz) xz -dc "$file" ;;
        *.zst) zstd -dcq "$file" ;;
        *) cat "$file" ;;
    esac >"$work/floor/modules/$module"
done
{
    printf 'static const char *MODULES[] = { %s 0 };\n' "$(c_list "${modules[@]/#//modules/}")"
    printf 'static const char *OVERLAYS[] = { %s 0 };\n' "$(c_list "${overlays[@]}")"
    printf 'static const char *BINDS[] = { %s 0 };\n' "$(c_list "${paths[@]}")"
} >"$work/layout.h"
build -I"$work" -o "$work/floor/init" "$source/floor.c"
build -Wl,-Ttext-segment=0x10000000 -o "$work/start/bench-start" "$source/start.c"
build -Wl,-Ttext-segment=0x20000000 -o "$work/finish" "$source/finish.c"
gcc -O2 -shared -fPIC -Wall -o "$work/count.so" "$source/count.c"
archive "$work/start" >"$work/start.cpio"
truncate -s %512 "$work/start.cpio"
archive "$work/floor" | zstd -19 -q >"$work/floor.img"

script=$work/script.d
mkdir -p "$script/"{bin,dev,proc,sys,run,sysroot,"lib/modules/$release"}
cp /bin/busybox "$script/bin/"
for applet in $(/bin/busybox --list); do [ "$applet" = busybox ] || ln -s busybox "$script/bin/$applet"; done
install -m 755 "$source/script" "$script/init"
printf 'OVERLAYS="%s"\nBINDS="%s"\n' "${overlays[*]}" "${paths[*]}" >"$script/layout"
for module in "${modules[@]}"; do cp "$work/floor/modules/$module" "$script/lib/modules/$release/$module.ko"; done
depmod -b "$script" "$release" 2>/dev/null
archive "$script" | zstd -19 -q >"$work/script.img"

tree=$work/tree
mkdir -p "$tree/"{bin,sbin,dev,proc,sys,run,tmp,oem,root,home,opt,srv,mnt,usr/lib,usr/local,var/lib,etc/ssl/certs,etc/ssh} \
    "${paths[@]/#/$tree}" "$work/"{state/cOS,oem,persistent/.state}
cp "$work/finish" "$tree/sbin/init"
printf 'NAME=bench\nID=bench\nVERSION=1\n' >"$tree/usr/lib/os-release"
ln -s ../usr/lib/os-release "$tree/etc/os-release"
echo root:x:0:0:root:/root:/bin/sh >"$tree/etc/passwd"
echo root:x:0: >"$tree/etc/group"
: >"$tree/etc/machine-id"
echo 'PermitRootLogin no' >"$tree/etc/ssh/sshd_config"
for ((i = 0; i < 20; i++)); do head -c 1300 /dev/zero | tr '\0' A >"$tree/etc/ssl/certs/ca$i.pem"; done
head -c 200000 /dev/zero | tr '\0' B >"$tree/etc/ssl/certs/ca-certificates.crt"
for ((i = 0; i < files; i++)); do
    ((i % 100)) || mkdir -p "$tree/var/lib/rancher/$((i / 100))"
    echo "file $i, of some eighty bytes, so that it has a length that is usual for a config." >"$tree/var/lib/rancher/$((i / 100))/$i"
done
{
    printf '#cloud-config\nname: layout\nstages:\n  rootfs:\n    - environment_file: /run/cos/cos-layout.env\n      environment:\n'
    printf '        %s: "%s"\n' VOLUMES LABEL=COS_PERSISTENT:/usr/local OVERLAY tmpfs:25% RW_PATHS "${overlays[*]}" \
        PERSISTENT_STATE_PATHS "${paths[*]}" PERSISTENT_STATE_BIND true
} >"$work/oem/90_layout.yaml"
export SOURCE_DATE_EPOCH=1700000000
make_fs() { # LABEL TREE FILE MIB OFFSET
    mke2fs -q -F -t ext4 -m 1 -N $((files * 2 + 8000)) -L "$1" -U "$(printf '00000000-0000-0000-0000-%012d' "$5")" -d "$2" \
        -E "offset=$(($5 << 20)),lazy_itable_init=0,lazy_journal_init=0,hash_seed=00000000-0000-0000-0000-000000000001" \
        "$3" "$4M" >/dev/null 2>&1 || die "mke2fs failed for $1"
}
image=$((64 + files / 100)) persistent=$((256 + files / 100))
make_fs COS_ACTIVE "$tree" "$work/state/cOS/active.img" $image 0
truncate -s $((147 + image + persistent))M "$work/disk"
sgdisk --clear --new=1:1M:+64M --new=2:65M:+$((image + 80))M --new=3:$((145 + image))M:+${persistent}M "$work/disk" >/dev/null
make_fs COS_OEM "$work/oem" "$work/disk" 64 1
make_fs COS_STATE "$work/state" "$work/disk" $((image + 80)) 65
make_fs COS_PERSISTENT "$work/persistent" "$work/disk" $persistent $((145 + image))

# boot INITRD DISK LOG: the disk is changed.
boot() {
    local clock=(-accel "tcg,thread=single" -icount "shift=0,sleep=on" -plugin "$work/count.so,out=$3.count")
    [ "$cpus" = 1 ] || clock=(-accel "tcg,thread=multi")
    local words="root=LABEL=COS_ACTIVE cos-img/filename=/cOS/active.img rdinit=/bench-start nokaslr"
    words+=" console=ttyS0 quiet loglevel=3 panic=-1"
    cat "$work/start.cpio" "$1" >"$work/initrd"
    timeout 300 qemu-system-x86_64 -M pc -cpu max -seed 1 "${clock[@]}" -smp "$cpus" -m 1024 -nodefaults -display none -no-reboot \
        -kernel "$KERNEL" -initrd "$work/initrd" -drive "file=$2,if=none,id=d0,format=raw,cache=unsafe" -device virtio-blk-pci,drive=d0 \
        -append "$words" \
        -chardev "file,id=s0,path=$3" -serial chardev:s0 || die "QEMU failed, or the boot took five minutes; see $3"
}

mkdir -p "$OUT/bench"
rows=$work/rows
measure() { # NAME INITRD
    local round log=$OUT/bench/$1
    for round in 1 2 3 4 5; do
        cp --sparse=always "$work/disk" "$work/booted"
        boot "$2" "$work/booted" "$log.pristine.$round"
        boot "$2" "$work/booted" "$log.warm.$round"
        [ "$cpus" != 1 ] || break
    done
    python3 "$source/read.py" "$1" "$(stat -c %s "$2")" "$log" >>"$rows"
}

say "booting"
rm -f "$OUT/bench"/*.{pristine,warm}.*
measure floor "$work/floor.img"
measure script "$work/script.img"
for i in "${!names[@]}"; do measure "${names[i]}" "${initrds[i]}"; done
say "$binds binds, $files files, $cpus processors, kernel $release, $(qemu-system-x86_64 --version | head -n 1)"
python3 "$source/table.py" "$rows" ${compare:+"$compare"}
[ -z "$save" ] || cp "$rows" "$save"

# Functions of bench.sh: programs, disks and boots. They need $source (this directory), $work (a scratch directory), $KERNEL, $KERNEL_ROOT
# and $OUT, the sizes binds, files, configs, disks and cpus, and counts (yes or nothing).
# shellcheck shell=bash disable=SC2154

# The layout: overlays, and persistent paths with some files, as Kairos' default config has them.
overlays=(/etc /root /home /opt /srv /var)
kairos_paths=(/etc/systemd /etc/modprobe.d /etc/rancher /etc/ssh /etc/iscsi /etc/cni /etc/kubernetes /etc/ssl/certs /etc/sysconfig /etc/k0s
    /var/log /var/lib/kubelet /var/lib/rancher /var/lib/containerd /var/lib/cni /var/lib/longhorn /var/lib/etcd /var/lib/dbus
    /var/lib/extensions /var/lib/snapd)
modules=(virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk loop overlay)

archive() { (cd "$1" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet); }
c_list() { printf '"%s", ' "$@"; }
build() { gcc -O2 -static -no-pie -s -Wall "$@"; }

# set_paths: fills paths with as many persistent paths as binds says.
set_paths() {
    local i
    paths=("${kairos_paths[@]}")
    for ((i = ${#paths[@]}; i < binds; i++)); do paths+=("$(printf /var/lib/app%04d "$i")"); done
    paths=("${paths[@]:0:binds}")
}

unpacked_module() { # NAME: prints the module
    local file
    file=$(find "$KERNEL_ROOT/lib/modules/" -name "$1.ko*")
    case $file in
        *.xz) xz -dc "$file" ;;
        *.zst) zstd -dcq "$file" ;;
        *) cat "$file" ;;
    esac
}

# build_programs: what starts and ends a measured boot, and the counter.
build_programs() {
    mkdir -p "$work/start"
    build -Wl,-Ttext-segment=0x10000000 -o "$work/start/bench-start" "$source/start.c"
    build -Wl,-Ttext-segment=0x20000000 -o "$work/finish" "$source/finish.c"
    gcc -O2 -shared -fPIC -Wall -o "$work/count.so" "$source/count.c"
    archive "$work/start" >"$work/start.cpio"
    truncate -s %512 "$work/start.cpio"
}

# build_floor FILE: the initrd of floor.c for these paths, with rsync, which only a boot with the word benchrsync=1 runs.
build_floor() {
    local module library
    rm -rf "$work/floor"
    mkdir -p "$work/floor/"{modules,sysroot,dev,proc,sys,run,bin}
    for module in "${modules[@]}"; do unpacked_module "$module" >"$work/floor/modules/$module"; done
    {
        printf 'static const char *MODULES[] = { %s 0 };\n' "$(c_list "${modules[@]/#//modules/}")"
        printf 'static const char *OVERLAYS[] = { %s 0 };\n' "$(c_list "${overlays[@]}")"
        printf 'static const char *BINDS[] = { %s 0 };\n' "$(c_list "${paths[@]}")"
    } >"$work/layout.h"
    build -I"$work" -o "$work/floor/init" "$source/floor.c"
    if [ -n "${rsync:-}" ]; then
        cp "$(command -v rsync)" "$work/floor/bin/"
        for library in $(ldd "$(command -v rsync)" | grep -o '/[^ ]*'); do install -D "$library" "$work/floor$library"; done
    fi
    archive "$work/floor" | zstd -19 -q >"$1"
}

# build_script FILE: the initrd of the shell script.
build_script() {
    local script=$work/script.d applet module release
    release=$(basename "$KERNEL_ROOT"/lib/modules/*)
    rm -rf "$script"
    mkdir -p "$script/"{bin,dev,proc,sys,run,sysroot,"lib/modules/$release"}
    cp /bin/busybox "$script/bin/"
    for applet in $(/bin/busybox --list); do [ "$applet" = busybox ] || ln -s busybox "$script/bin/$applet"; done
    install -m 755 "$source/script" "$script/init"
    printf 'OVERLAYS="%s"\nBINDS="%s"\n' "${overlays[*]}" "${paths[*]}" >"$script/layout"
    for module in "${modules[@]}"; do unpacked_module "$module" >"$script/lib/modules/$release/$module.ko"; done
    depmod -b "$script" "$release" 2>/dev/null
    archive "$script" | zstd -19 -q >"$1"
}

export SOURCE_DATE_EPOCH=1700000000
make_fs() { # LABEL TREE FILE MIB OFFSET
    mke2fs -q -F -t ext4 -m 1 -N $((files * 2 + configs + 8000)) -L "$1" -U "$(printf '00000000-0000-0000-0000-%012d' "$5")" -d "$2" \
        -E "offset=$(($5 << 20)),lazy_itable_init=0,lazy_journal_init=0,hash_seed=00000000-0000-0000-0000-000000000001" \
        "$3" "$4M" >/dev/null 2>&1 || die "mke2fs failed for $1"
}

make_tree() { # VERSION: the image's tree; every seeded file has another content in each version
    local tree=$work/tree i
    rm -rf "$tree"
    mkdir -p "$tree/"{bin,sbin,dev,proc,sys,run,tmp,oem,root,home,opt,srv,mnt,usr/lib,usr/local,var/lib,etc/ssl/certs,etc/ssh} \
        "${paths[@]/#/$tree}"
    cp "$work/finish" "$tree/sbin/init"
    printf 'NAME=bench\nID=bench\nVERSION=%s\n' "$1" >"$tree/usr/lib/os-release"
    ln -s ../usr/lib/os-release "$tree/etc/os-release"
    echo root:x:0:0:root:/root:/bin/sh >"$tree/etc/passwd"
    echo root:x:0: >"$tree/etc/group"
    : >"$tree/etc/machine-id"
    echo 'PermitRootLogin no' >"$tree/etc/ssh/sshd_config"
    for ((i = 0; i < 20; i++)); do head -c 1300 /dev/zero | tr '\0' A >"$tree/etc/ssl/certs/ca$i.pem"; done
    head -c 200000 /dev/zero | tr '\0' B >"$tree/etc/ssl/certs/ca-certificates.crt"
    for ((i = 0; i < files; i++)); do
        ((i % 100)) || mkdir -p "$tree/var/lib/rancher/$((i / 100))"
        echo "file $i of version $1, of some eighty bytes, which is a length that is usual for a config" \
            >"$tree/var/lib/rancher/$((i / 100))/$i"
    done
    find "$tree" -exec touch -h -d "2024-01-0$1" {} +
}

# state_mib, image_mib, persistent_mib: sizes of the parts of the disk for this number of files.
image_mib() { echo $((64 + files / 100)); }
state_mib() { echo $((80 + files / 100 + 64)); }
persistent_mib() { echo $((256 + files / 50)); }

put_image() { # VERSION DISK: writes the state partition
    rm -rf "$work/state"
    mkdir -p "$work/state/cOS"
    make_tree "$1"
    make_fs COS_ACTIVE "$work/tree" "$work/state/cOS/active.img" "$(image_mib)" 0
    make_fs COS_STATE "$work/state" "$2" "$(state_mib)" 65
}

make_configs() {
    local i
    rm -rf "$work/oem"
    mkdir -p "$work/oem"
    {
        printf '#cloud-config\nname: layout\nstages:\n  rootfs:\n    - environment_file: /run/cos/cos-layout.env\n      environment:\n'
        printf '        %s: "%s"\n' VOLUMES LABEL=COS_PERSISTENT:/usr/local OVERLAY tmpfs:25% RW_PATHS "${overlays[*]}" \
            PERSISTENT_STATE_PATHS "${paths[*]}" PERSISTENT_STATE_BIND true
    } >"$work/oem/90_layout.yaml"
    for ((i = 1; i < configs; i++)); do
        printf '#cloud-config\nname: config %s\nstages:\n  initramfs:\n    - files:\n        - path: /etc/app%s.conf\n' "$i" "$i"
        printf '          permissions: 0644\n          owner: 0\n          group: 0\n          content: |\n            value=%s\n' "$i"
    done | awk -v directory="$work/oem" '
        /^#cloud-config/ { close(file); file = sprintf("%s/10_%04d.yaml", directory, ++n) }
        { print > file }'
}

make_disk() { # FILE
    local state persistent
    set_paths
    state=$(state_mib) persistent=$(persistent_mib)
    rm -rf "$work/persistent" "$1"
    mkdir -p "$work/persistent/.state"
    make_configs
    truncate -s $((67 + state + persistent))M "$1"
    sgdisk --clear --new=1:1M:+64M --new=2:65M:+"${state}"M --new=3:$((65 + state))M:+"${persistent}"M "$1" >/dev/null
    make_fs COS_OEM "$work/oem" "$1" 64 1
    put_image 1 "$1"
    make_fs COS_PERSISTENT "$work/persistent" "$1" "$persistent" $((65 + state))
}

# more_disks: fills more with QEMU's options for empty disks on virtio's SCSI bus, as many as disks says.
more_disks() {
    local i
    more=()
    [ "$disks" -gt 0 ] || return 0
    more=(-device virtio-scsi-pci,id=scsi0)
    for ((i = 0; i < disks; i++)); do
        more+=(-blockdev "driver=null-co,node-name=n$i,size=1048576,read-zeroes=on")
        more+=(-device "scsi-hd,bus=scsi0.0,channel=0,scsi-id=$((i / 100)),lun=$((i % 100)),drive=n$i")
    done
}

# boot INITRD DISK LOG [WORD...]: the disk is changed.
boot() {
    local initrd=$1 disk=$2 log=$3 try
    local counted=(-plugin "$work/count.so,out=$3.count" -cpu max) machine
    shift 3
    # Room for another processor: QEMU 7.2 leaves out memory barriers for a machine that can never have two, which its I/O thread needs.
    # Without the two features of the processor, clearing a page is not emulated byte by byte.
    case $counts in
        yes) machine=(-accel "tcg,thread=single" -icount "shift=0,sleep=on" "${counted[@]}" -smp 1) ;;
        processors) machine=(-accel "tcg,thread=multi" "${counted[@]}" -smp "$cpus,maxcpus=$((cpus + 1))") ;;
        *) machine=(-accel "tcg,thread=multi" -cpu "max,erms=off,fsrm=off" -smp "$cpus,maxcpus=$((cpus + 1))") ;;
    esac
    local words="root=LABEL=COS_ACTIVE cos-img/filename=/cOS/active.img rdinit=/bench-start nokaslr"
    words+=" console=ttyS0 quiet loglevel=3 panic=-1 $*"
    more_disks
    cat "$work/start.cpio" "$initrd" >"$work/initrd"
    for try in 1 2 3; do
        timeout "${bench_limit:-300}" qemu-system-x86_64 -M pc -seed 1 "${machine[@]}" -m 1024 -nodefaults -display none -no-reboot \
            -kernel "$KERNEL" -initrd "$work/initrd" \
            -drive "file=$disk,if=none,id=d0,format=raw,cache=unsafe" -device virtio-blk-pci,drive=d0 "${more[@]}" \
            -append "$words" -chardev "file,id=s0,path=$log" -serial chardev:s0 && return
        # Debian's kernel sometimes stops before its first program if several processors are emulated.
        [ "$counts" != yes ] && ! grep -q "bench start" "$log" || break
        say "the kernel did not start its first program; boot $((try + 1))"
    done
    die "QEMU failed, or the boot took ${bench_limit:-300} s; see $log"
}

# measure NAME INITRD DISK: boots a copy of the disk, and what that leaves; five times where times are measured, and before that once to
# count what several processors execute. Adds a row to $rows.
measure() {
    local round log=$OUT/bench/$1 counts=$counts
    rm -f "$log".{pristine,warm,new-image,after}.*
    if [ "$cpus" -gt 1 ]; then
        cp --sparse=always "$3" "$work/booted"
        counts=processors boot "$2" "$work/booted" "$log.pristine.0"
        counts=processors boot "$2" "$work/booted" "$log.warm.0"
    fi
    for round in 1 2 3 4 5; do
        cp --sparse=always "$3" "$work/booted"
        boot "$2" "$work/booted" "$log.pristine.$round"
        boot "$2" "$work/booted" "$log.warm.$round"
        [ -z "$counts" ] || break
    done
    if [ -n "${rsync:-}" ]; then
        put_image 2 "$work/booted"
        boot "$2" "$work/booted" "$log.new-image.1" benchrsync=1
        boot "$2" "$work/booted" "$log.after.1"
    fi
    rm -f "$work/booted"
    python3 "$source/read.py" "$1" "$(stat -c %s "$2")" "$log" >>"$rows"
}

# Builds the demo disk from the recipe: one function per step, and each reuses what has not changed. Sourced by demo.sh and
# tests/run.sh, after lib.sh and after build.sh has run. The functions set the variables named in their comments.
# shellcheck shell=bash disable=SC2034
RECIPE=$REPO/initrd/debian
EXAMPLE=$REPO/initrd/examples/debian

# For another architecture than amd64, select_architecture changes these: the programs for the tree, the start of the names in the cache,
# and options of kboot image build.
ARCH=amd64 PROGRAMS=$OUT MARK='' GRUB_OPTIONS=()

# select_architecture ARCH: what the following functions build for.
select_architecture() {
    ARCH=$1
    [ "$ARCH" != amd64 ] || return 0
    PROGRAMS=$OUT/$ARCH MARK=${ARCH}_
    foreign_tree
    GRUB_OPTIONS=(--grub "$FOREIGN/usr/lib/grub")
}

# FOREIGN: a tree of packages for $ARCH: a kernel and its modules, a static busybox, and GRUB's modules.
foreign_tree() {
    FOREIGN=$CACHE/${ARCH}_tree-1
    made "$FOREIGN" && return
    say "unpacking packages for $ARCH (once)"
    need kmod
    local tree=$CACHE/.$ARCH.new
    rm -rf "$tree"
    foreign_packages "$ARCH" "$tree" "linux-image-cloud-$ARCH" busybox-static "grub-efi-$ARCH-bin"
    rm -rf "${tree:?}/usr/share"
    (cd "$tree/boot" && rm -f System.map-* && ln -s vmlinuz-* vmlinuz)
    depmod -b "$tree" "$(ls "$tree/lib/modules")"
    mv "$tree" "$FOREIGN"
}

# The programs that kboot runs to build file systems, digests and GRUB.
need_image_tools() {
    need e2fsprogs openssl squashfs-tools zstd grub-common grub-pc-bin grub-efi-amd64-bin
}

# BASE: tar of a plain Debian. KERNEL_ROOT: a tree with only its kernel and modules. KERNEL: the kernel itself.
debian_base() {
    local key started=$SECONDS
    key=$(digest "$RECIPE/root.sh" "$RECIPE/packages" "$EXAMPLE/files")
    BASE=$CACHE/${MARK}debian-$key.tar
    if ! made "$BASE"; then
        say "building the Debian root (once)"
        "$RECIPE/root.sh" "$BASE" "$ARCH"
        say "Debian root built in $(seconds_since "$started")"
    fi
    KERNEL_ROOT=$CACHE/${MARK}kernel-$key
    if ! made "$KERNEL_ROOT"; then
        mkdir -p "$KERNEL_ROOT.part"
        tar -C "$KERNEL_ROOT.part" --no-same-owner -xf "$BASE" ./boot ./usr/lib/modules
        ln -s usr/lib "$KERNEL_ROOT.part/lib"
        mv "$KERNEL_ROOT.part" "$KERNEL_ROOT"
    fi
    KERNEL=$(readlink -f "$KERNEL_ROOT/boot/vmlinuz")
}

# INITRD: for any machine. VIRTIO_INITRD: only for virtual machines.
debian_initrds() {
    local key
    key=$(digest "$PROGRAMS/kairos-boot" "$OUT/kboot" <(echo "$BASE"))
    INITRD=$CACHE/${MARK}initrd-$key.img
    made "$INITRD" || "$OUT/kboot" initrd build --root "$KERNEL_ROOT" --output "$INITRD"
    VIRTIO_INITRD=$CACHE/${MARK}virtio-$key.img
    made "$VIRTIO_INITRD" || "$OUT/kboot" initrd build --root "$KERNEL_ROOT" --modules virtio --output "$VIRTIO_INITRD"
}

# ROOT: tar of the Debian with both programs, the initrd and the Kubernetes entry point, at the paths that a container build uses.
debian_root() {
    ROOT=$CACHE/${MARK}root-$(digest "$PROGRAMS/kairos-boot" "$PROGRAMS/kboot" "$INITRD" <(echo "$BASE suc-upgrade")).tar
    made "$ROOT" && return
    local added=$CACHE/added
    rm -rf "$added"
    install -D -m 0755 "$PROGRAMS/kboot" "$added/usr/bin/kboot"
    install -D -m 0755 "$PROGRAMS/kairos-boot" "$added/usr/lib/kairosboot/kairos-boot"
    install -D -m 0644 "$INITRD" "$added/boot/initrd"
    mkdir -p "$added/usr/sbin"
    ln -s ../bin/kboot "$added/usr/sbin/suc-upgrade"
    cp "$BASE" "$ROOT.part"
    # Only new directories: existing ones would lose the times and modes that Debian gave them.
    tar -C "$added" --owner=0 --group=0 -rf "$ROOT.part" \
        ./usr/bin/kboot ./usr/sbin/suc-upgrade ./usr/lib/kairosboot ./boot/initrd
    rm -rf "$added"
    mv "$ROOT.part" "$ROOT"
}

# IMAGE: the ext4 system image. RECOVERY: the same root as a squashfs.
debian_images() {
    local key started=$SECONDS
    key=$(digest "$OUT/kboot" <(echo "$ROOT"))
    IMAGE=$CACHE/${MARK}system-$key.img
    RECOVERY=$CACHE/${MARK}recovery-$key.squashfs
    if ! made "$IMAGE"; then
        "$OUT/kboot" image build --tar "$ROOT" "${GRUB_OPTIONS[@]}" --output "$IMAGE"
        say "system image built in $(seconds_since "$started")"
    fi
    started=$SECONDS
    if ! made "$RECOVERY"; then
        "$OUT/kboot" image build --tar "$ROOT" --format squashfs "${GRUB_OPTIONS[@]}" --output "$RECOVERY"
        say "recovery image built in $(seconds_since "$started")"
    fi
}

# DISK: raw disk with IMAGE, RECOVERY and the cloud-config file $1; its name starts with $2. Further words are options of disk build.
debian_disk() {
    local config=$1 name=$2 started=$SECONDS
    shift 2
    DISK=$CACHE/$MARK$name-$(digest "$OUT/kboot" "$config" <(echo "$IMAGE $*")).raw
    made "$DISK" && return
    "$OUT/kboot" disk build --image "$IMAGE" --recovery "$RECOVERY" --cloud-config "$config" "$@" --output "$DISK"
    say "disk built in $(seconds_since "$started")"
}

# changed_image TAR VERSION FILE [INIT]: an image of the same root with IMAGE_VERSION=VERSION, and with the script INIT in the place of
# systemd: /sbin/init stays a link to it, so that an upgrade finds nothing wrong. A squashfs, because it is a third of the size.
changed_image() {
    local tar=$1 version=$2 file=$3 init=${4-} tree=$CACHE/changed started=$SECONDS
    rm -rf "$tree"
    mkdir -p "$tree/usr/lib"
    { tar -xOf "$tar" ./usr/lib/os-release; echo "IMAGE_ID=demo"; echo "IMAGE_VERSION=$version"; } >"$tree/usr/lib/os-release"
    [ -z "$init" ] || install -D -m 0755 "$init" "$tree/usr/lib/systemd/systemd"
    cp "$tar" "$file.tar"
    # A later member replaces an earlier one of the same name.
    (cd "$tree" && find . -type f -print0 | sort -z | tar --null -T - --owner=0 --group=0 --mtime=@0 -rf "$file.tar")
    "$OUT/kboot" image build --tar "$file.tar" --format squashfs "${GRUB_OPTIONS[@]}" --output "$file" >/dev/null
    rm -rf "$tree" "$file.tar"
    say "image of version $version built in $(seconds_since "$started")"
}

# SECOND: the next version of the demo. BROKEN: the one after it, whose init crashes.
demo_images() {
    local key
    key=$(digest "$OUT/kboot" "$RECIPE/crash.sh" <(echo "$ROOT"))
    SECOND=$CACHE/${MARK}second-$key.squashfs
    made "$SECOND" || changed_image "$ROOT" 2 "$SECOND"
    BROKEN=$CACHE/${MARK}broken-$key.squashfs
    made "$BROKEN" || changed_image "$ROOT" 3 "$BROKEN" "$RECIPE/crash.sh"
}

# DISK: as debian_disk, with the hint of the demo, a quiet kernel, and both images in /usr/local/images.
demo_disk() {
    local plain offset
    debian_disk "$RECIPE/demo.yaml" plain --cloud-config "$RECIPE/hint.yaml" --append "quiet" --size-persistent 1G
    plain=$DISK
    DISK=$CACHE/${MARK}show-$(digest <(echo "$plain $SECOND $BROKEN")).raw
    made "$DISK" && return
    offset=$(partx --show --noheadings --output START,NAME "$plain" | sed -n 's/^ *\([0-9]*\) COS_PERSISTENT$/\1/p')
    cp --sparse=always "$plain" "$DISK.part"
    debugfs -w -f - "$DISK.part?offset=$((offset * 512))" >/dev/null 2>&1 <<END
mkdir /images
write $SECOND /images/second.squashfs
write $BROKEN /images/broken.squashfs
END
    mv "$DISK.part" "$DISK"
}

# DISK: a small system for $ARCH: busybox, a kernel and kboot, with a root shell on its console and no other service. Nothing of it runs on
# this machine while it is built.
small_disk() {
    local tree=$CACHE/small image=$CACHE/small.img path applet
    need busybox-static
    DISK=$CACHE/${MARK}small-$(digest "$PROGRAMS/kairos-boot" "$PROGRAMS/kboot" "$OUT/kboot" "$RECIPE/disk.sh" <(echo "$FOREIGN")).raw
    made "$DISK" && return
    rm -rf "$tree"
    for path in bin sbin dev proc sys run tmp mnt etc oem usr/bin usr/lib/kairosboot usr/local var/log srv home root opt; do
        mkdir -p "$tree/$path"
    done
    cp -a "$FOREIGN/boot" "$FOREIGN/lib" "$tree"
    cp "$FOREIGN/bin/busybox" "$tree/bin"
    # The names are those of this machine's busybox.
    for applet in $(/bin/busybox --list | grep -vx -e busybox -e init); do ln -s busybox "$tree/bin/$applet"; done
    ln -s ../bin/busybox "$tree/sbin/init"
    install -m 0755 "$PROGRAMS/kboot" "$tree/usr/bin"
    install -m 0755 "$PROGRAMS/kairos-boot" "$tree/usr/lib/kairosboot"
    printf '%s\n' '::once:/usr/bin/kboot assess good' '::respawn:-/bin/sh' '::ctrlaltdel:/bin/reboot' >"$tree/etc/inittab"
    echo 'root:x:0:0:root:/root:/bin/sh' >"$tree/etc/passwd"
    echo 'root:x:0:' >"$tree/etc/group"
    echo small >"$tree/etc/hostname"
    "$OUT/kboot" image build --root "$tree" --modules virtio "${GRUB_OPTIONS[@]}" --output "$image" >/dev/null
    "$OUT/kboot" disk build --image "$image" --output "$DISK"
    rm -rf "$tree" "$image"
}

# Fails if this machine cannot run programs for $ARCH, as mmdebstrap does, by the kernel's binfmt_misc and qemu-user.
runs_foreign_programs() {
    local at=/proc/sys/fs/binfmt_misc
    [ "$(dpkg --print-architecture)" != "$ARCH" ] || return 0
    if [ ! -e $at/register ]; then
        (as_root modprobe -q binfmt_misc) 2>/dev/null || true
        (as_root mount -t binfmt_misc binfmt_misc $at) 2>/dev/null || return 1
    fi
    # Installing the first one registers it with the kernel, which the second one does.
    need qemu-user-static binfmt-support arch-test
    grep -qs '^enabled' $at/qemu-aarch64 || as_root update-binfmts --enable qemu-aarch64 >/dev/null 2>&1 || true
    "$FOREIGN/bin/busybox" true 2>/dev/null
}

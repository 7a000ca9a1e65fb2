# Builds the demo disk from the recipe: one function per step, and each reuses what has not changed. Sourced by demo.sh and
# tests/run.sh, after lib.sh and after build.sh has run. The functions set the variables named in their comments.
# shellcheck shell=bash disable=SC2034
RECIPE=$REPO/initrd/debian
EXAMPLE=$REPO/initrd/examples/debian

# The programs that kboot runs to build file systems, digests and GRUB.
need_image_tools() {
    need e2fsprogs openssl squashfs-tools zstd grub-common grub-pc-bin grub-efi-amd64-bin
}

# BASE: tar of a plain Debian. KERNEL_ROOT: a tree with only its kernel and modules. KERNEL: the kernel itself.
debian_base() {
    local key started=$SECONDS
    key=$(digest "$RECIPE/root.sh" "$RECIPE/packages" "$EXAMPLE/files")
    BASE=$CACHE/debian-$key.tar
    if ! made "$BASE"; then
        say "building the Debian root (once)"
        "$RECIPE/root.sh" "$BASE"
        say "Debian root built in $(seconds_since "$started")"
    fi
    KERNEL_ROOT=$CACHE/kernel-$key
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
    key=$(digest "$OUT/kairos-boot" "$OUT/kboot" <(echo "$BASE"))
    INITRD=$CACHE/initrd-$key.img
    made "$INITRD" || "$OUT/kboot" initrd build --root "$KERNEL_ROOT" --output "$INITRD"
    VIRTIO_INITRD=$CACHE/virtio-$key.img
    made "$VIRTIO_INITRD" || "$OUT/kboot" initrd build --root "$KERNEL_ROOT" --modules virtio --output "$VIRTIO_INITRD"
}

# ROOT: tar of the Debian with both programs, the initrd and the Kubernetes entry point, at the paths that a container build uses.
debian_root() {
    ROOT=$CACHE/root-$(digest "$OUT/kairos-boot" "$OUT/kboot" "$INITRD" <(echo "$BASE suc-upgrade")).tar
    made "$ROOT" && return
    local added=$CACHE/added
    rm -rf "$added"
    install -D -m 0755 "$OUT/kboot" "$added/usr/bin/kboot"
    install -D -m 0755 "$OUT/kairos-boot" "$added/usr/lib/kairosboot/kairos-boot"
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
    IMAGE=$CACHE/system-$key.img
    RECOVERY=$CACHE/recovery-$key.squashfs
    if ! made "$IMAGE"; then
        "$OUT/kboot" image build --tar "$ROOT" --output "$IMAGE"
        say "system image built in $(seconds_since "$started")"
    fi
    started=$SECONDS
    if ! made "$RECOVERY"; then
        "$OUT/kboot" image build --tar "$ROOT" --format squashfs --output "$RECOVERY"
        say "recovery image built in $(seconds_since "$started")"
    fi
}

# DISK: raw disk with IMAGE, RECOVERY and the cloud-config file $1; its name starts with $2. Further words are options of disk build.
debian_disk() {
    local config=$1 name=$2 started=$SECONDS
    shift 2
    DISK=$CACHE/$name-$(digest "$OUT/kboot" "$config" <(echo "$IMAGE $*")).raw
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
    "$OUT/kboot" image build --tar "$file.tar" --format squashfs --output "$file" >/dev/null
    rm -rf "$tree" "$file.tar"
    say "image of version $version built in $(seconds_since "$started")"
}

# SECOND: the next version of the demo. BROKEN: the one after it, whose init crashes.
demo_images() {
    local key
    key=$(digest "$OUT/kboot" "$RECIPE/crash.sh" <(echo "$ROOT"))
    SECOND=$CACHE/second-$key.squashfs
    made "$SECOND" || changed_image "$ROOT" 2 "$SECOND"
    BROKEN=$CACHE/broken-$key.squashfs
    made "$BROKEN" || changed_image "$ROOT" 3 "$BROKEN" "$RECIPE/crash.sh"
}

# DISK: as debian_disk, with the hint of the demo, a quiet kernel, and both images in /usr/local/images.
demo_disk() {
    local plain offset
    debian_disk "$RECIPE/demo.yaml" plain --cloud-config "$RECIPE/hint.yaml" --append "quiet" --size-persistent 1G
    plain=$DISK
    DISK=$CACHE/show-$(digest <(echo "$plain $SECOND $BROKEN")).raw
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

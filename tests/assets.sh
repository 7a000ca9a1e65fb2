#!/usr/bin/env bash
# Makes what the image and boot tiers test with: assets.sh image|boot. The results are links in out/test-assets.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../initrd/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../initrd/lib.sh"
# shellcheck source-path=SCRIPTDIR source=../initrd/debian/disk.sh
. "$REPO/initrd/debian/disk.sh"

assets=$OUT/test-assets
mkdir -p "$assets"
asset() { ln -sfn "$1" "$assets/$2"; }

# OPENRC: a tree with only OpenRC and what it is linked with. Installing it would take this machine's own init's place.
openrc_tree() {
    OPENRC=$CACHE/openrc-1
    made "$OPENRC" && return
    say "unpacking OpenRC (once)"
    local work=$CACHE/.openrc.new package
    rm -rf "$work"
    mkdir -p "$work/packages" "$work/tree"
    (cd "$work/packages" && { apt-get -qq download openrc librc1 libeinfo1 2>/dev/null ||
        { as_root apt-get -qq update && apt-get -qq download openrc librc1 libeinfo1; } })
    for package in "$work"/packages/*.deb; do dpkg-deb -x "$package" "$work/tree"; done
    rm -rf "$work/tree/usr/share"
    mkdir -p "$work/tree/lib64" "$work/tree/lib/x86_64-linux-gnu"
    cp -L /lib64/ld-linux-x86-64.so.2 "$work/tree/lib64/"
    for package in libc.so.6 libaudit.so.1 libpam.so.0 libpam_misc.so.0 libselinux.so.1 libcap-ng.so.0 libpcre2-8.so.0; do
        cp -L "/lib/x86_64-linux-gnu/$package" "$work/tree/lib/x86_64-linux-gnu/"
    done
    mv "$work/tree" "$OPENRC"
    rm -rf "$work"
}

"$REPO/initrd/build.sh"
need_image_tools
debian_base
asset "$OUT/kairos-boot" kairos-boot
asset "$OUT/kboot" kboot
asset "$KERNEL_ROOT" kernel-root
asset "$KERNEL" kernel
[ "$1" = boot ] || exit 0

need qemu-system-x86 qemu-utils ovmf busybox-static btrfs-progs gdisk genisoimage mtools python3-jsonschema xfsprogs
debian_initrds
debian_root
debian_images
debian_disk "$RECIPE/demo.yaml" demo
openrc_tree
asset "$OPENRC" openrc
asset "$INITRD" initrd
asset "$VIRTIO_INITRD" initrd-virtio
asset "$IMAGE" system.img
asset "$RECOVERY" recovery.squashfs
asset "$DISK" debian.raw

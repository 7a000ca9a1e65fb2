#!/usr/bin/env bash
# Makes the files for the tests of the image and boot tiers: assets.sh image|boot. The results are links in out/test-assets.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../initrd/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../initrd/lib.sh"
# shellcheck source-path=SCRIPTDIR source=../initrd/debian/disk.sh
. "$REPO/initrd/debian/disk.sh"

assets=$OUT/test-assets
mkdir -p "$assets"
asset() { ln -sfn "$1" "$assets/$2"; }

# Sets OPENRC: a tree with only OpenRC and its libraries. It is unpacked, because an installation would replace the init of this machine.
openrc_tree() {
    OPENRC=$CACHE/openrc-1
    made "$OPENRC" && return
    say "unpacking OpenRC (once)"
    local work=$CACHE/.openrc.new package
    rm -rf "$work"
    mkdir -p "$work/packages" "$work/tree"
    (cd "$work/packages" && { apt-get -qq download openrc librc1 libeinfo1 2>/dev/null ||
        { apt_get update && apt-get -qq download openrc librc1 libeinfo1; } })
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

# Sets GENERIC_ROOT: Debian's generic kernel. Its release differs from that of the demo's kernel, and it has more drivers.
generic_root() {
    local package release work=$CACHE/.generic.new
    package=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1) || package=
    if [ -z "$package" ]; then
        apt_get update
        package=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
    fi
    release=${package#linux-image-}
    GENERIC_ROOT=$CACHE/generic-${release//-/_}
    made "$GENERIC_ROOT" && return
    say "unpacking $package (once)"
    rm -rf "$work"
    mkdir -p "$work/package" "$work/tree"
    (cd "$work/package" && { apt-get -qq download "$package" 2>/dev/null ||
        { apt_get update && apt-get -qq download "$package"; } })
    dpkg-deb -x "$work"/package/*.deb "$work/tree"
    [ -d "$work/tree/usr/lib/modules" ] || { mkdir -p "$work/tree/usr" && mv "$work/tree/lib" "$work/tree/usr/lib"; }
    [ -e "$work/tree/lib" ] || ln -s usr/lib "$work/tree/lib"
    # Most of its drivers are for hardware that virtual machines do not have.
    (cd "$work/tree/usr/lib/modules"/*/kernel && rm -rf sound drivers/gpu drivers/media drivers/infiniband drivers/isdn drivers/staging \
        drivers/net/wireless drivers/net/ethernet)
    depmod -b "$work/tree" "$release" 2>/dev/null
    (cd "$work/tree/boot" && rm -f config-* System.map-* && ln -s vmlinuz-* vmlinuz)
    mv "$work/tree" "$GENERIC_ROOT"
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

need attr kmod qemu-system-x86 qemu-utils ovmf busybox-static btrfs-progs cryptsetup-bin dmsetup dosfstools gdisk genisoimage mdadm \
    mtools python3-jsonschema xfsprogs
debian_initrds
debian_root
debian_images
debian_disk "$RECIPE/demo.yaml" demo
openrc_tree
generic_root
GENERIC_INITRD=$CACHE/generic_initrd-$(digest "$OUT/kairos-boot" "$OUT/kboot" <(echo "$GENERIC_ROOT")).img
made "$GENERIC_INITRD" || "$OUT/kboot" initrd build --root "$GENERIC_ROOT" --modules virtio,watchdog --output "$GENERIC_INITRD"
GENERIC_DRIVERS_INITRD=$CACHE/generic_drivers_initrd-$(digest "$OUT/kairos-boot" "$OUT/kboot" <(echo "$GENERIC_ROOT")).img
made "$GENERIC_DRIVERS_INITRD" || "$OUT/kboot" initrd build --root "$GENERIC_ROOT" --output "$GENERIC_DRIVERS_INITRD"
"$REPO/initrd/build.sh" --arch arm64
need qemu-system-arm qemu-efi-aarch64
select_architecture arm64
ARM64_ROOT=$FOREIGN
key=$(digest "$OUT/arm64/kairos-boot" "$OUT/kboot" <(echo "$ARM64_ROOT"))
ARM64_INITRD=$CACHE/arm64_small_initrd-$key.img
made "$ARM64_INITRD" || "$OUT/kboot" initrd build --root "$ARM64_ROOT" --output "$ARM64_INITRD"
ARM64_VIRTIO_INITRD=$CACHE/arm64_small_virtio-$key.img
made "$ARM64_VIRTIO_INITRD" || "$OUT/kboot" initrd build --root "$ARM64_ROOT" --modules virtio --output "$ARM64_VIRTIO_INITRD"
asset "$ARM64_ROOT" arm64-root
asset "$(readlink -f "$ARM64_ROOT/boot/vmlinuz")" arm64-kernel
asset "$OUT/arm64/kairos-boot" arm64-kairos-boot
asset "$OUT/arm64/kboot" arm64-kboot
asset "$ARM64_INITRD" arm64-initrd
asset "$ARM64_VIRTIO_INITRD" arm64-initrd-virtio
asset "$OPENRC" openrc
asset "$GENERIC_ROOT" generic-root
asset "$(readlink -f "$GENERIC_ROOT/boot/vmlinuz")" generic-kernel
asset "$GENERIC_INITRD" generic-initrd
asset "$GENERIC_DRIVERS_INITRD" generic-drivers-initrd
asset "$INITRD" initrd
asset "$VIRTIO_INITRD" initrd-virtio
asset "$IMAGE" system.img
asset "$RECOVERY" recovery.squashfs
asset "$DISK" debian.raw
recipe=$("$REPO/tests/recipe.sh" bookworm systemd)
asset "$recipe" recipe

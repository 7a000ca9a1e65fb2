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

"$REPO/initrd/build.sh"
need_image_tools
debian_base
asset "$OUT/kairos-boot" kairos-boot
asset "$OUT/kboot" kboot
asset "$KERNEL_ROOT" kernel-root
asset "$KERNEL" kernel
[ "$1" = boot ] || exit 0

need qemu-system-x86 qemu-utils ovmf busybox-static btrfs-progs genisoimage python3-jsonschema xfsprogs
debian_initrds
debian_root
debian_images
debian_disk "$RECIPE/demo.yaml" demo
asset "$INITRD" initrd
asset "$VIRTIO_INITRD" initrd-virtio
asset "$IMAGE" system.img
asset "$RECOVERY" recovery.squashfs
asset "$DISK" debian.raw

#!/usr/bin/env bash
# Boots a Debian from a read-only image in QEMU, and builds everything that is missing for it. On its disk are a second image to
# upgrade to, and a third one whose init crashes.
#   demo.sh            boots to a login prompt on this terminal
#   demo.sh --check    boots without a terminal, checks the system, powers off; exit 0 if all checks pass
#   --uefi             boots with OVMF instead of the BIOS    --fresh    discards what earlier runs wrote to the disk
#   --arch arm64       the same for arm64, with UEFI. Where the kernel of this machine has no binfmt_misc, it exits with 3.
#   --small            with --arch: a busybox system, which is built without running a program of it
# KAIROSBOOT_QEMU_ACCEL=kvm uses hardware virtualization (default: tcg, emulation, which works everywhere).
# KAIROSBOOT_SSH_PORT: local port that is forwarded to the demo's ssh (default: 2222).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=debian/disk.sh
. "$REPO/initrd/debian/disk.sh"

check=no firmware=bios fresh=no arch=amd64 small=no
while [ $# -gt 0 ]; do
    argument=$1
    shift
    case $argument in
        --check) check=yes ;;
        --uefi) firmware=uefi ;;
        --fresh) fresh=yes ;;
        --small) small=yes ;;
        --arch) arch=${1-} firmware=uefi; [ $# = 0 ] || shift ;;
        -h|--help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
        *) printf 'demo.sh: unknown option %s\n' "$argument" >&2; exit 2 ;;
    esac
done

case $arch:$small in
    amd64:no|arm64:*) ;;
    amd64:yes) printf 'demo.sh: --small needs --arch arm64\n' >&2; exit 2 ;;
    *) printf 'demo.sh: --arch %s: only amd64 and arm64 are built\n' "$arch" >&2; exit 2 ;;
esac

"$REPO/initrd/build.sh"
need qemu-utils
need_image_tools
run=("$OUT/kboot" run --arch "$arch")
[ "${KAIROSBOOT_QEMU_ACCEL:-tcg}" = kvm ] && run+=(--kvm)
if [ "$arch" = amd64 ]; then
    need qemu-system-x86
    [ "$firmware" = bios ] || need ovmf
else
    need qemu-system-arm qemu-efi-aarch64
    "$REPO/initrd/build.sh" --arch "$arch"
    select_architecture "$arch"
fi

if [ "$small" = yes ]; then
    small_disk
    [ "$check" = yes ] || exec "${run[@]}" "$DISK"
    need expect
    exec expect "$RECIPE/check-small.exp" "${run[@]}" "$DISK"
fi
if [ "$arch" != amd64 ] && ! runs_foreign_programs; then
    echo 'not possible here: binfmt_misc' >&2
    echo "  to fix: run demo.sh --arch $arch --small, or use a machine whose kernel has binfmt_misc" >&2
    exit 3
fi

debian_base
debian_initrds
debian_root
debian_images
demo_images
demo_disk

if [ "$firmware" = uefi ]; then run+=(--uefi); fi

if [ "$check" = yes ]; then
    need expect
    # kboot run discards what a check writes to the disk.
    exec expect "$RECIPE/check.exp" "$RECIPE/check.sh" "${run[@]}" "$DISK"
fi

# Writes go to a separate overlay file, which is deleted when the disk below it is rebuilt.
written=$CACHE/${MARK}written-$(basename "$DISK" .raw | sed 's/.*-//').qcow2
if [ "$fresh" = yes ]; then rm -f "$written"; fi
made "$written" || qemu-img create -q -f qcow2 -b "$DISK" -F raw "$written"
cat <<END

  Log in as  kairos  with password  kairos. The login shows what to try. Also:
    findmnt                                shows what is mounted
    sudo touch /etc/x /home/kairos/y       then 'sudo reboot': x is gone, y is kept
    cat /run/kairosboot/report.json        shows the steps of the boot

END
exec "${run[@]}" --keep --ssh "${KAIROSBOOT_SSH_PORT:-2222}" "$written"

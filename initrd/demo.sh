#!/usr/bin/env bash
# Boots a Debian from a read-only image in QEMU, and builds everything that is missing for it. On its disk are a second image to
# upgrade to, and a third one whose init crashes.
#   demo.sh            boots to a login prompt on this terminal
#   demo.sh --check    boots without a terminal, checks the system, powers off; exit 0 if all checks pass
#   --uefi             boots with OVMF instead of the BIOS    --fresh    discards what earlier runs wrote to the disk
# KAIROSBOOT_QEMU_ACCEL=kvm uses hardware virtualization (default: tcg, emulation, which works everywhere).
# KAIROSBOOT_SSH_PORT: local port that is forwarded to the demo's ssh (default: 2222).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=debian/disk.sh
. "$REPO/initrd/debian/disk.sh"

check=no firmware=bios fresh=no
for argument; do
    case $argument in
        --check) check=yes ;;
        --uefi) firmware=uefi ;;
        --fresh) fresh=yes ;;
        -h|--help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
        *) printf 'demo.sh: unknown option %s\n' "$argument" >&2; exit 2 ;;
    esac
done

"$REPO/initrd/build.sh"
need qemu-system-x86 qemu-utils
need_image_tools
debian_base
debian_initrds
debian_root
debian_images
demo_images
demo_disk

run=("$OUT/kboot" run)
[ "${KAIROSBOOT_QEMU_ACCEL:-tcg}" = kvm ] && run+=(--kvm)
if [ "$firmware" = uefi ]; then
    need ovmf
    run+=(--uefi)
fi

if [ "$check" = yes ]; then
    need expect
    # kboot run discards what a check writes to the disk.
    exec expect "$RECIPE/check.exp" "$RECIPE/check.sh" "${run[@]}" "$DISK"
fi

# Writes go to a separate overlay file, which is deleted when the disk below it is rebuilt.
written=$CACHE/written-$(basename "$DISK" .raw | sed 's/.*-//').qcow2
if [ "$fresh" = yes ]; then rm -f "$written"; fi
made "$written" || qemu-img create -q -f qcow2 -b "$DISK" -F raw "$written"
cat <<END

  Log in as  kairos  with password  kairos. The login shows what to try. Also:
    findmnt                                shows what is mounted
    sudo touch /etc/x /home/kairos/y       then 'sudo reboot': x is gone, y is kept
    cat /run/kairosboot/report.json        shows the steps of the boot

END
exec "${run[@]}" --keep --ssh "${KAIROSBOOT_SSH_PORT:-2222}" "$written"

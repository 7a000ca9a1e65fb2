#!/usr/bin/env bash
# Boots a Debian from a read-only image in QEMU, and builds everything that is missing for it.
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
debian_disk "$RECIPE/demo.yaml" demo

# romfile= disables the network card's boot ROM, which would only delay the boot.
qemu=(qemu-system-x86_64 -M "q35,accel=${KAIROSBOOT_QEMU_ACCEL:-tcg}" -cpu max -smp 2 -m 1024
    -nographic -device virtio-rng-pci
    -device "virtio-blk-pci,drive=disk,bootindex=0")
if [ "$firmware" = uefi ]; then
    need ovmf
    cp /usr/share/OVMF/OVMF_VARS_4M.fd "$OUT/demo-vars.fd"
    qemu+=(-drive "if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd"
        -drive "if=pflash,format=raw,file=$OUT/demo-vars.fd")
fi

if [ "$check" = yes ]; then
    need expect
    # Discard what a check writes to the disk.
    qemu+=(-drive "if=none,id=disk,format=raw,snapshot=on,file=$DISK"
        -netdev "user,id=net" -device "virtio-net-pci,netdev=net,romfile=")
    exec expect "$RECIPE/check.exp" "$RECIPE/check.sh" "${qemu[@]}"
fi

# Writes go to a separate overlay file, which is deleted when the disk below it is rebuilt.
written=$CACHE/written-$(basename "$DISK" .raw | sed 's/.*-//').qcow2
if [ "$fresh" = yes ]; then rm -f "$written"; fi
made "$written" || qemu-img create -q -f qcow2 -b "$DISK" -F raw "$written"
port=${KAIROSBOOT_SSH_PORT:-2222}
qemu+=(-drive "if=none,id=disk,format=qcow2,file=$written"
    -netdev "user,id=net,hostfwd=tcp:127.0.0.1:$port-:22" -device "virtio-net-pci,netdev=net,romfile=")
cat <<END

  Starting the demo machine ($firmware). Log in as  kairos  with password  kairos.
  Then try:
    findmnt                                shows what is mounted
    sudo touch /usr/x                      refused: the system image is read-only
    sudo touch /etc/x /home/kairos/y       then 'sudo reboot': x is gone, y is kept
    cat /run/kairosboot/report.json        shows the steps of the boot
    sudo journalctl -k -g kairos-boot      shows the log of the boot
  From another terminal:  ssh -p $port kairos@127.0.0.1
  Leave with  sudo poweroff,  or at once with  Ctrl-a x.

END
exec "${qemu[@]}"

#!/usr/bin/env bash
# A Debian boots from a read-only image: builds everything that is missing and starts it in QEMU.
#   demo.sh            to a login prompt on this terminal
#   demo.sh --check    headless: boots, looks whether the system is as promised, powers off; exit 0 if so
#   --uefi             through OVMF instead of the BIOS       --fresh    forget what earlier runs wrote to the disk
# KAIROSBOOT_QEMU_ACCEL=kvm uses the processor; without it QEMU emulates one, which works everywhere.
# KAIROSBOOT_SSH_PORT (2222): port of this machine that leads to the demo's ssh.
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

# Without a network card's boot ROM (romfile=): it would only cost seconds.
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
    # What a check writes is nobody's business afterwards.
    qemu+=(-drive "if=none,id=disk,format=raw,snapshot=on,file=$DISK"
        -netdev "user,id=net" -device "virtio-net-pci,netdev=net,romfile=")
    exec expect "$RECIPE/check.exp" "$RECIPE/check.sh" "${qemu[@]}"
fi

# What is written to the disk lives in a file of its own, which goes when the disk below it is another one.
written=$CACHE/written-$(basename "$DISK" .raw | sed 's/.*-//').qcow2
if [ "$fresh" = yes ]; then rm -f "$written"; fi
made "$written" || qemu-img create -q -f qcow2 -b "$DISK" -F raw "$written"
port=${KAIROSBOOT_SSH_PORT:-2222}
qemu+=(-drive "if=none,id=disk,format=qcow2,file=$written"
    -netdev "user,id=net,hostfwd=tcp:127.0.0.1:$port-:22" -device "virtio-net-pci,netdev=net,romfile=")
cat <<END

  Starting the demo machine ($firmware). Log in as  kairos  with password  kairos.
  Then try:
    findmnt                                what is mounted from where
    sudo touch /usr/x                      refused: the system image is read-only
    sudo touch /etc/x /home/kairos/y       then 'sudo reboot': x is gone, y is still there
    cat /run/kairosboot/report.json        what the boot did, step by step
    sudo journalctl -k -g kairos-boot      the same as it was logged
  From another terminal:  ssh -p $port kairos@127.0.0.1
  Leave with  sudo poweroff,  or at once with  Ctrl-a x.

END
exec "${qemu[@]}"

"""Boots a disk five times with BIOS and with UEFI, and prints what its loader takes: loader.py DISK SET FORMAT.

The times are QEMU's processor time, which the load of this machine hardly changes. The disk's first boot is not one of the five: it
marks the slot good, so that GRUB's menu does not wait afterwards."""
import glob
import os
import statistics
import subprocess
import sys

disk, modules, compression = sys.argv[1:4]
MARKS = [("loader", b"KairosBoot: starting active"), ("kernel", b"Linux version"), ("initrd", b"unpack rootfs image as initramfs"),
         ("unpacked", b"Freeing initrd memory"), ("init", b"bench finish")]
FIRMWARE = "/usr/share/OVMF/OVMF_%s_4M.fd"


def processor_seconds(pid):
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        try:
            total += int(open(path).read().split()[0])
        except OSError:
            pass
    return total / 1e9


def boot(uefi):
    command = ["qemu-system-x86_64", "-M", "q35,accel=tcg", "-cpu", "max,erms=off,fsrm=off", "-smp", "1,maxcpus=2", "-m", "1024", "-nodefaults",
               "-display", "none", "-no-reboot", "-serial", "stdio", "-drive", f"file={disk},if=none,id=d0,format=raw,cache=unsafe",
               "-device", "virtio-blk-pci,drive=d0"]
    if uefi:
        command += ["-drive", "if=pflash,format=raw,readonly=on,file=" + FIRMWARE % "CODE",
                    "-drive", "if=pflash,format=raw,snapshot=on,file=" + FIRMWARE % "VARS"]
    machine = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    seen, text, times = 0, b"", {}
    try:
        while piece := os.read(machine.stdout.fileno(), 65536):
            text += piece
            while seen < len(MARKS) and MARKS[seen][1] in text:
                times[MARKS[seen][0]] = processor_seconds(machine.pid)
                seen += 1
    finally:
        machine.kill()
        machine.wait()
    if seen < len(MARKS):
        sys.exit(f"{compression}: no line with {MARKS[seen][1]}; the end of the console was:\n" + text[-2000:].decode(errors="replace"))
    return times


for uefi in False, True:
    boot(uefi)
    boots = [boot(uefi) for _ in range(5)]
    parts = {"firmware and menu": [b["loader"] for b in boots], "loading": [b["kernel"] - b["loader"] for b in boots],
             "unpacking": [b["unpacked"] - b["initrd"] for b in boots], "power-on to init": [b["init"] for b in boots]}
    figures = ", ".join(f"{name} {statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})" for name, values in parts.items())
    print(f"{modules} {compression} {'UEFI' if uefi else 'BIOS'}: {figures} s of processor time", flush=True)

#!/usr/bin/env bash
# Builds the demo's Debian bookworm root as a tar, without KairosBoot. Usage: root.sh FILE [ARCH]
# Uses the mirrors of this machine's apt, for any release that it runs.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
RECIPE=$REPO/initrd/debian
FILES=$REPO/initrd/examples/debian/files
RELEASE=bookworm ARCH=${2:-amd64}

need mmdebstrap debian-archive-keyring
entries=$(apt_entries "$RELEASE")

# INITRD=No stops the kernel package's hook from building an initrd.
export INITRD=No
# An image that many machines boot must not contain a machine id, host keys or a first-boot wizard. With an empty machine-id (not
# a missing one), systemd sets a new id without treating the boot as a first boot.
# The kernel provides /dev (devtmpfs), so the image needs no device nodes.
# shellcheck disable=SC2016 # the hooks expand $1 themselves
mmdebstrap --architectures="$ARCH" --variant=minbase --format=tar --quiet --skip=output/dev \
    --include="$(sed -e '/^#/d' -e "s/-amd64$/-$ARCH/" "$RECIPE/packages" | paste -sd,)" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/lib/udev/hwdb.d/*' \
    --dpkgopt='path-exclude=/usr/share/bash-completion/*' --dpkgopt='path-exclude=/usr/share/zsh/*' \
    --aptopt='APT::Install-Recommends "false"' \
    --customize-hook="tar -C '$FILES' --owner=0 --group=0 --mode=u=rwX,go=rX -cf - . |
        tar -C \"\$1\" --keep-directory-symlink -xf -" \
    --customize-hook='
        set -eu
        cd "$1"
        rm -f etc/ssh/ssh_host_* vmlinuz* initrd.img* etc/resolv.conf var/lib/dbus/machine-id
        : > etc/machine-id
        echo kairos > etc/hostname
        printf "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n" > etc/hosts
        (cd boot && ln -s vmlinuz-* vmlinuz)
        mkdir -p oem
        # The package sets an ACL on the journal directory, which not every tool can pack; systemd-tmpfiles sets it again at boot.
        rm -rf var/log/journal && mkdir var/log/journal
        # /tmp is on a read-only root, so systemd must mount a tmpfs on it.
        cp usr/share/systemd/tmp.mount usr/lib/systemd/system/tmp.mount
        ln -s ../tmp.mount usr/lib/systemd/system/local-fs.target.wants/tmp.mount
        # No unit waits for the network, and no timer upgrades packages: a node is upgraded as a whole.
        chroot . systemctl -q enable systemd-networkd.service ssh.service
        chroot . systemctl -q disable systemd-networkd-wait-online.service e2scrub_reap.service e2scrub_all.timer \
            apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer
        # /etc and /var are empty overlays at every boot: without these stamps systemd would run ldconfig and hwdb each time.
        touch etc/.updated var/.updated' \
    "$RELEASE" "$1.part" - <<<"$entries"
mv "$1.part" "$1"

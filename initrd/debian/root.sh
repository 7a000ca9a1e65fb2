#!/usr/bin/env bash
# Makes the demo's Debian bookworm root as a tar: root.sh FILE. Nothing of KairosBoot is in it yet.
# The mirrors are the ones that apt on this machine uses, whatever release it runs.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
RECIPE=$REPO/initrd/debian
RELEASE=bookworm

# sources: apt's own Debian entries, with this recipe's release in place of the host's.
sources() {
    local origin uri codename component
    # shellcheck disable=SC2016 # apt's own variables
    apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
        while read -r origin uri codename component; do
            [ "$origin" = Debian ] || continue
            case $codename in *backports*|*proposed*) continue ;; esac
            printf 'deb %s %s%s %s\n' "$uri" "$RELEASE" "${codename#"${codename%%-*}"}" "$component"
        done | sort -u
}

need mmdebstrap debian-archive-keyring
entries=$(sources)
if [ -z "$entries" ]; then        # a machine without package lists, as container images are
    as_root apt-get -qq update
    entries=$(sources)
fi
[ -n "$entries" ] || die "apt on this machine knows no Debian mirror (see apt-get indextargets)"

# The kernel package would build an initrd of its own; its hook leaves that be when told so.
export INITRD=No
# A machine id, host keys and a first-boot wizard: none of them belong in an image that many machines boot. An empty
# machine-id (not a missing one) makes systemd take a new id without calling it a first boot.
# /dev is the kernel's (devtmpfs): no device nodes in an image.
# shellcheck disable=SC2016 # the hooks' $1 is theirs
mmdebstrap --variant=minbase --format=tar --quiet --skip=output/dev \
    --include="$(grep -v '^#' "$RECIPE/packages" | paste -sd,)" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/lib/udev/hwdb.d/*' \
    --dpkgopt='path-exclude=/usr/share/bash-completion/*' --dpkgopt='path-exclude=/usr/share/zsh/*' \
    --aptopt='APT::Install-Recommends "false"' \
    --customize-hook="tar -C '$RECIPE/files' --owner=0 --group=0 --mode=u=rwX,go=rX -cf - . | tar -C \"\$1\" --keep-directory-symlink -xf -" \
    --customize-hook='
        set -eu
        cd "$1"
        rm -f etc/ssh/ssh_host_* vmlinuz* initrd.img* etc/resolv.conf var/lib/dbus/machine-id
        : > etc/machine-id
        echo kairos > etc/hostname
        printf "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n" > etc/hosts
        (cd boot && ln -s vmlinuz-* vmlinuz)
        mkdir -p oem
        # The package gives the journal an access list; systemd-tmpfiles does so again at boot, and a plain directory packs anywhere.
        rm -rf var/log/journal && mkdir var/log/journal
        # /tmp is part of a read-only root: systemd mounts a tmpfs over it.
        cp usr/share/systemd/tmp.mount usr/lib/systemd/system/tmp.mount
        ln -s ../tmp.mount usr/lib/systemd/system/local-fs.target.wants/tmp.mount
        # Nothing waits for the network; packages are not upgraded one by one on a node, so no timer tries.
        chroot . systemctl -q enable systemd-networkd.service ssh.service
        chroot . systemctl -q disable systemd-networkd-wait-online.service e2scrub_reap.service e2scrub_all.timer \
            apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer
        # /etc and /var are new at every boot: without these stamps systemd would redo ldconfig and the hardware database each time.
        touch etc/.updated var/.updated' \
    "$RELEASE" "$1.part" - <<<"$entries"
mv "$1.part" "$1"

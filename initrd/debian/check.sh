#!/bin/sh
# Checks the booted demo; runs as root. Prints one line per check; exits 0 only if all pass.
# shellcheck disable=SC2317 # the functions are called by must
failed=0
must() { # WHAT COMMAND...
    what=$1; shift
    if "$@" >/dev/null 2>&1; then echo "ok      $what"; else echo "FAILED  $what"; failed=1; fi
}
refuses() { # PATH: no file can be created there
    ! touch "$1/.kairosboot-check" 2>/dev/null
}
mount_is() { # PATH COLUMN PATTERN: findmnt's column of the topmost mount at PATH matches
    findmnt -n -o "$2" -M "$1" | tail -n 1 | grep -Eq "$3"
}

state=$(timeout 300 systemctl is-system-running --wait)
must "systemd is running (state: $state)" test "$state" = running
must "no failed unit" test -z "$(systemctl --failed --plain --no-legend)"
must "PID 1 is systemd" grep -q systemd /proc/1/comm
must "no process of the initrd is left" sh -c '! pgrep -x kairos-boot'
must "/ is a loop device" mount_is / SOURCE '^/dev/loop'
must "/ is read-only" mount_is / OPTIONS '^ro,'
for path in / /usr /boot /mnt /oem/../lib; do must "$path refuses writes" refuses "$path"; done
must "/run/initramfs/cos-state is read-only" mount_is /run/initramfs/cos-state OPTIONS '^ro,'
for path in /etc /var /srv; do must "$path is an overlay" mount_is "$path" FSTYPE overlay; done
must "/usr/local is COS_PERSISTENT" mount_is /usr/local LABEL COS_PERSISTENT
must "/oem is COS_OEM" mount_is /oem LABEL COS_OEM
for path in /home /var/log /etc/ssh; do must "$path is a bind from /usr/local/.state" mount_is "$path" FSROOT '^/\.state/'; done
for path in /etc /usr/local /oem /home /var/log; do must "$path takes writes" sh -c "touch $path/.x && rm $path/.x"; done
must "slot is active" test "$(cat /run/cos/active_mode)" = 1
must "findmnt --verify finds no error" findmnt --verify
must "the report's verdict is good" grep -Eq '"verdict": *"good"' /run/kairosboot/report.json
exit $failed

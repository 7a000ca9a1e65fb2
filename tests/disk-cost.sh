#!/usr/bin/env bash
# Compares the processor time of kboot disk build and kboot image build with that of the programs that they run: disk-cost.sh [ROUNDS]
# (default: 5). Needs about 4 GiB below out/. Each program is measured while kboot runs it, so its arguments and files are the same, and
# kboot is measured in separate runs. Prints medians. Exits with 1 if a form takes more than 1.2 times as long as its programs. A disk with
# only a squashfs has no limit: the checks of the image take as long as those of a large one.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../initrd/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../initrd/lib.sh"
# shellcheck source-path=SCRIPTDIR source=../initrd/debian/disk.sh
. "$REPO/initrd/debian/disk.sh"
rounds=${1:-5} max_percent=120 no_limit=100000

need erofs-utils
"$REPO/initrd/build.sh" >&2
need_image_tools
debian_base
debian_initrds
debian_root
debian_images
work=$(mktemp -d "$OUT/disk-cost.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/tools" "$work/tree"
tar -C "$work/tree" -xf "$ROOT"

# Scripts in front of the programs in PATH, each of which notes the name of its program and what bash's "times" prints.
log=$work/log
for tool in mke2fs debugfs openssl grub-mkimage mksquashfs mkfs.erofs cp; do
    # shellcheck disable=SC2016 # for the script
    printf '#!/bin/bash\n"%s" "$@"\ncode=$?\n{ echo %s; times; } >>"%s"\nexit $code\n' "$(command -v $tool)" $tool "$log" \
        >"$work/tools/$tool"
    chmod +x "$work/tools/$tool"
done

# run WORD...: runs kboot. TIME: its processor time and that of its children, in milliseconds.
run() {
    local TIMEFORMAT='%3U %3S' user system
    rm -f "$work/output"
    { time "$OUT/kboot" "$@" --output "$work/output" >/dev/null 2>"$work/errors"; } 2>"$work/time" ||
        die "kboot $*: $(cat "$work/errors")"
    read -r user system <"$work/time"
    TIME=$((10#${user/./} + 10#${system/./}))
}

# noted: prints the milliseconds of the programs in the log. The second line of "times" is that of the program.
noted() {
    awk -F '[ms ]+' 'NR % 3 == 0 { sum += 60 * ($1 + $3) + $2 + $4 } END { printf "%d\n", sum * 1000 }' "$log"
}
names() { sed -n '1~3p' "$log" | sort -u | paste -s -d ' '; }
median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

# compare LIMIT NAME WORD...: measures a form of kboot.
failed=0
compare() {
    local limit=$1 name=$2 round all=() parts=() a b; shift 2
    for ((round = 0; round < rounds; round++)); do
        run "$@"
        all+=("$TIME")
        rm -f "$log"
        PATH=$work/tools:$PATH run "$@"
        parts+=("$(noted)")
    done
    a=$(median "${all[@]}") b=$(median "${parts[@]}")
    say "$name: kboot $a ms, its programs ($(names)) $b ms: $((a * 100 / b)) %"
    [ $((a * 100 / b)) -le "$limit" ] || failed=1
}

printf '#cloud-config\nhostname: node\n' >"$work/config.yaml"
compare $max_percent 'disk build --image' disk build --image "$IMAGE"
compare $max_percent 'disk build --image --recovery' disk build --image "$IMAGE" --recovery "$RECOVERY"
compare $max_percent 'disk build with all options' disk build --image "$IMAGE" --recovery "$RECOVERY" --append nosmt \
    --cloud-config "$work/config.yaml" --sector-size 4096 --extra-partition DATA:256M --size-persistent 2G
compare $no_limit 'disk build --image, a squashfs' disk build --image "$RECOVERY"
compare $max_percent 'image build, ext4' image build "$work/tree"
compare $max_percent 'image build, squashfs' image build "$work/tree" --format squashfs
compare $max_percent 'image build, erofs' image build "$work/tree" --format erofs
[ $failed = 0 ] || die "a form takes more than $max_percent % of the time of its programs"

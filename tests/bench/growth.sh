# What one more of each kind costs: part of bench.sh. Each row is a size; the table divides by the sizes.
# shellcheck shell=bash disable=SC2034,SC2154

need rsync
bench_limit=3000

# series KIND SIZE FLOOR: measures kairos-boot, and floor.c if FLOOR is not empty.
series() {
    say "$1: $2"
    make_disk "$work/disk"
    if [ -n "$3" ]; then
        build_floor "$work/floor.img"
        measure "$1-$2-floor" "$work/floor.img" "$work/disk"
    fi
    measure "$1-$2" "${initrds[0]}" "$work/disk"
    rm -f "$work/disk"
}

grow_modules() {
    local others chosen size ours=${initrds[0]}
    # Protocols and filters, which no device asks for: what a large set costs a machine that needs little of it.
    mapfile -t others < <(find "$KERNEL_ROOT/lib/modules/" -path '*/kernel/net/*' -name '*.ko*' -printf '%f\n' | sed 's/\.ko.*//' |
        LC_ALL=C sort -u)
    for size in 10 100 400; do
        chosen=$(IFS=,; echo "${others[*]:0:size}")
        "$OUT/kboot" initrd build --root "$KERNEL_ROOT" --modules "virtio,$chosen" --output "$work/modules.img" >/dev/null
        initrds=("$work/modules.img")
        series modules "$size" ''
    done
    initrds=("$ours")
}

for kind in $growth; do
    case $kind in
        binds) for binds in 20 100 500; do series binds "$binds" floor; done; binds=20 ;;
        configs) for configs in 1 300 3000; do series configs "$configs" ''; done; configs=1 ;;
        disks) for disks in 0 50 200; do series disks "$disks" ''; done; disks=0 ;;
        modules) grow_modules ;;
        files) rsync=yes; for files in 0 10000 100000; do series files "$files" floor; done; files=0 rsync='' ;;
    esac
done

python3 "$source/growth.py" "$rows"
[ -z "$save" ] || cp "$rows" "$save"

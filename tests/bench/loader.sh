# What the loader takes for each compression of the initrd, from power-on: part of bench.sh.
# shellcheck shell=bash disable=SC2154

need ovmf
need_image_tools
set_paths
make_configs
make_tree 1
rm -rf "$work/tree/sbin" "$work/tree/bin"
mkdir -p "$work/tree/usr/sbin" "$work/tree/boot"
ln -s usr/sbin "$work/tree/sbin"
cp "$work/finish" "$work/tree/usr/sbin/init"
cp -a "$KERNEL_ROOT/lib/modules" "$work/tree/usr/lib/"
ln -s usr/lib "$work/tree/lib"
cp -L "$KERNEL" "$work/tree/boot/vmlinuz"
for set in ${loader:-virtio}; do
    for format in lz4 zstd gzip none; do
        rm -f "$work/loader.img" "$work/loader.raw" "$work/tree/boot/initrd"
        # The configuration of the kernel is not in the tree: each format here is one that Debian's kernel unpacks.
        "$OUT/kboot" image build "$work/tree" -o "$work/loader.img" --modules "$set" --compress "$format" --no-assessment >/dev/null 2>&1 ||
            die "kboot image build failed for $format"
        "$OUT/kboot" disk build --image "$work/loader.img" --cloud-config "$work/oem/90_layout.yaml" \
            --append "earlyprintk=serial,ttyS0,115200" -o "$work/loader.raw" >/dev/null 2>&1 || die "kboot disk build failed for $format"
        python3 "$source/loader.py" "$work/loader.raw" "$set" "$format"
    done
done

#!/usr/bin/env bash
# Follows the recipe in initrd/examples/debian: recipe.sh RELEASE INIT, for example recipe.sh bookworm systemd (or sysvinit, openrc).
# Prints the directory with disk.raw, the images second.squashfs and (systemd) broken.squashfs to upgrade to, and the ssh key. It is kept
# in out/cache.
# A container tool needs a registry, so tests/recipe/docker takes its place, with a base image from mmdebstrap.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../initrd/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../initrd/lib.sh"
# shellcheck source-path=SCRIPTDIR source=../initrd/debian/disk.sh
. "$REPO/initrd/debian/disk.sh"
release=$1 init=$2

case $init in
    systemd) options=() ;;
    sysvinit) options=(--build-arg "INIT=sysvinit-core sysv-rc ifupdown dhcpcd-base chrony") ;;
    openrc) options=(--build-arg "INIT=sysvinit-core openrc ifupdown dhcpcd-base chrony") ;;
    *) die "unknown init $init" ;;
esac
# A kernel for virtual machines: its modules are a tenth of the other one's.
options+=(--build-arg "RELEASE=$release" --build-arg "KERNEL=linux-image-cloud-amd64")

result=$CACHE/recipe_${release}_$init-$(digest "$OUT/kboot" "$OUT/kairos-boot" "$EXAMPLE" "$REPO/tests/recipe/docker" "$RECIPE/crash.sh" \
    <(echo "${options[*]}"))
if ! made "$result"; then
    {
        need mmdebstrap debian-archive-keyring buildah openssh-client
        need_image_tools
        # As debian:$release-slim, the base of the recipe, it takes no documents and translations from packages.
        RECIPE_BASE=$CACHE/slim_$release-1.tar
        if ! made "$RECIPE_BASE"; then
            say "building a slim Debian $release (once)"
            slim=()
            for share in doc groff info linda lintian locale man; do slim+=("--dpkgopt=path-exclude=/usr/share/$share/*"); done
            mmdebstrap --variant=minbase --format=tar --quiet --skip=output/dev "${slim[@]}" \
                --dpkgopt='path-include=/usr/share/doc/*/copyright' "$release" "$RECIPE_BASE.part" - <<<"$(apt_entries "$release")"
            mv "$RECIPE_BASE.part" "$RECIPE_BASE"
        fi
        export RECIPE_BASE RECIPE_STORE=$CACHE/containers RECIPE_BUILDER=buildah
        mkdir -p "$RECIPE_STORE"
        if ! "$REPO/tests/recipe/docker" check; then
            say "buildah cannot build here: the RUN lines of the recipe run in a chroot"
            RECIPE_BUILDER=chroot
        fi
        started=$SECONDS
        work=$result.part
        rm -rf "$work"
        mkdir -p "$work"
        ssh-keygen -q -t ed25519 -N '' -C recipe -f "$work/key"
        PATH=$REPO/tests/recipe:$PATH "$EXAMPLE/build.sh" "$work/key.pub" "${options[@]}" >"$OUT/recipe.log" 2>&1 ||
            { tail -n 30 "$OUT/recipe.log"; die "the recipe failed: $OUT/recipe.log"; }
        say "recipe followed in $(seconds_since "$started"), by $RECIPE_BUILDER"
        changed_image "$OUT/my-root.tar" 2 "$work/second.squashfs"
        [ "$init" != systemd ] || changed_image "$OUT/my-root.tar" 3 "$work/broken.squashfs" "$RECIPE/crash.sh"
        mv "$OUT/my-disk.raw" "$work/disk.raw"
        rm -f "$OUT"/my-*
        echo "$RECIPE_BUILDER" >"$work/builder"
        mv "$work" "$result"
    } >&2
fi
echo "$result"

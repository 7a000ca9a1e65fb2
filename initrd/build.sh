#!/usr/bin/env bash
# Publishes kairos-boot and kboot, static and stripped, into out/.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

command -v dotnet >/dev/null || die "the .NET 10 SDK is missing: 'dotnet' is not on PATH.
  Get the SDK from https://dot.net (Debian itself has no package of it) and put the directory of 'dotnet' on PATH."
case $(dotnet --version) in
    10.*) ;;
    *) die "the .NET 10 SDK is required; this is $(dotnet --version)" ;;
esac

# For NativeAOT's linker step: a C compiler driver with a static libc, and GNU objcopy to strip.
need clang binutils libc6-dev zlib1g-dev

# sources PATH...: print a digest over a program's source files.
sources() {
    (cd "$REPO" && find "$@" Directory.*.props native-aot.props \( -name bin -o -name obj \) -prune -o -type f -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum) | sha256sum | cut -c1-16
}

# publish PROJECT PROGRAM PATH...: build a program into out/, unless it was built from the same content of PATH...
publish() {
    local project=$1 program=$2 started=$SECONDS from; shift 2
    from=$(sources "$@")
    if [ -x "$OUT/$program" ] && [ "$(cat "$CACHE/$program.sources" 2>/dev/null)" = "$from" ]; then return; fi
    say "publishing $program"
    rm -rf "$CACHE/publish"
    dotnet publish "$REPO/src/$project/$project.csproj" -c Release -o "$CACHE/publish" -nologo -v quiet >"$OUT/publish-$program.log" 2>&1 ||
        { grep -E 'error|warning' "$OUT/publish-$program.log" | sort -u | tail -n 20 >&2
          die "dotnet publish $project failed: $OUT/publish-$program.log"; }
    # A new file and a rename: a program that is running (or being read) keeps its old one.
    install -m 0755 "$CACHE/publish/$program" "$OUT/.$program.new"
    mv "$OUT/.$program.new" "$OUT/$program"
    rm -rf "$CACHE/publish" "$OUT/publish-$program.log"
    echo "$from" >"$CACHE/$program.sources"
    say "$program published in $(seconds_since "$started")"
}

mkdir -p "$CACHE"
boot_sources=(src/KairosBoot.Plan src/KairosBoot.Linux src/KairosBoot.Execution src/KairosBoot.CloudConfig)
publish KairosBoot.Init kairos-boot "${boot_sources[@]}" src/KairosBoot.Init
# The module lists, the GRUB configuration and the units are part of kboot.
publish KairosBoot.Cli kboot "${boot_sources[@]}" src/KairosBoot.CloudConfig.Booted \
    src/KairosBoot.Image src/KairosBoot.Lifecycle src/KairosBoot.Cli initrd/modules initrd/grub initrd/units initrd/openrc \
    initrd/sysvinit
for program in kairos-boot kboot; do
    printf '%-12s %8d bytes\n' "$program" "$(stat -c %s "$OUT/$program")"
done

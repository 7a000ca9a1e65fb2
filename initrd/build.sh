#!/usr/bin/env bash
# Publishes kairos-boot and kboot, static and stripped, into out/.
#   build.sh               for amd64, into out/
#   build.sh --arch ARCH   for amd64 or arm64, into out/ARCH/; all: for both
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

arches=(amd64) places=("$OUT")
case "$#:${1-}:${2-}" in
    0:*) ;;
    1:-h:*|1:--help:*) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    2:--arch:amd64|2:--arch:arm64) arches=("$2") places=("$OUT/$2") ;;
    2:--arch:all) arches=(amd64 arm64) places=("$OUT/amd64" "$OUT/arm64") ;;
    *) printf 'build.sh: unknown arguments: %s (see build.sh --help)\n' "$*" >&2; exit 2 ;;
esac

command -v dotnet >/dev/null || die "the .NET 10 SDK is missing: 'dotnet' is not on PATH.
  Get the SDK from https://dot.net (Debian itself has no package of it) and put the directory of 'dotnet' on PATH."
case $(dotnet --version) in
    10.*) ;;
    *) die "the .NET 10 SDK is required; this is $(dotnet --version)" ;;
esac

# For NativeAOT's linker step: a C compiler driver with a static libc, and GNU objcopy to strip.
need clang binutils libc6-dev zlib1g-dev
host=$(dpkg --print-architecture)
for arch in "${arches[@]}"; do
    case "$arch on $host" in
        'amd64 on amd64'|'arm64 on arm64') ;;
        # Another linker, and the start files, libgcc and libc of the other architecture.
        'arm64 on amd64') need lld gcc-aarch64-linux-gnu binutils-aarch64-linux-gnu libc6-dev-arm64-cross ;;
        *) die "programs for $arch cannot be built on $host; build them on an amd64 machine" ;;
    esac
done

# sources PATH...: print a digest over a program's source files.
sources() {
    (cd "$REPO" && find "$@" Directory.*.props native-aot.props \( -name bin -o -name obj \) -prune -o -type f -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum) | sha256sum | cut -c1-16
}

# publish ARCH PLACE PROJECT PROGRAM PATH...: build a program into PLACE, unless it was built from the same content of PATH...
publish() {
    local arch=$1 place=$2 project=$3 program=$4 started=$SECONDS from name log; shift 4
    from=$(sources "$@")
    name=$program${place#"$OUT"}
    name=${name//\//-}
    if [ -x "$place/$program" ] && [ "$(cat "$CACHE/$name.sources" 2>/dev/null)" = "$from" ]; then return; fi
    say "publishing $program for $arch"
    log=$OUT/publish-$name.log
    rm -rf "$CACHE/publish"
    dotnet publish "$REPO/src/$project/$project.csproj" -c Release -r "linux-${arch/amd/x}" -o "$CACHE/publish" \
        -nologo -v quiet >"$log" 2>&1 ||
        { grep -E 'error|warning' "$log" | sort -u | tail -n 20 >&2
          die "dotnet publish $project failed: $log"; }
    # A new file and a rename: a program that is running (or being read) keeps its old one.
    mkdir -p "$place"
    install -m 0755 "$CACHE/publish/$program" "$place/.$program.new"
    mv "$place/.$program.new" "$place/$program"
    rm -rf "$CACHE/publish" "$log"
    echo "$from" >"$CACHE/$name.sources"
    say "$program published in $(seconds_since "$started")"
}

mkdir -p "$CACHE"
boot_sources=(src/KairosBoot.Plan src/KairosBoot.Linux src/KairosBoot.Execution src/KairosBoot.CloudConfig)
for index in "${!arches[@]}"; do
    to=("${arches[index]}" "${places[index]}")
    publish "${to[@]}" KairosBoot.Init kairos-boot "${boot_sources[@]}" src/KairosBoot.Init
    # The module lists, the GRUB configuration and the units are part of kboot.
    publish "${to[@]}" KairosBoot.Cli kboot "${boot_sources[@]}" src/KairosBoot.CloudConfig.Booted \
        src/KairosBoot.Image src/KairosBoot.Lifecycle src/KairosBoot.Cli initrd/modules initrd/grub initrd/units initrd/openrc \
        initrd/sysvinit
    for program in kairos-boot kboot; do
        printf '%-12s %8d bytes%s\n' "$program" "$(stat -c %s "${to[1]}/$program")" "${1:+ (${to[0]})}"
    done
done

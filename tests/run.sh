#!/usr/bin/env bash
# Runs the tests: run.sh [--all] [plan|image|linux|boot]... (default: all tiers). Installs the packages that they need.
# --all: also the tests that take hours: every row of the fault matrix, more power cuts, more reboots, a million broken configs, ten
# million damaged inputs for each parser.
# The last line is the sum: "N passed, N failed, N skipped". A tier that ran no test counts as a failure. The ten slowest tests of all
# tiers are printed before it.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../initrd/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../initrd/lib.sh"

tiers=() limit=4000
for argument; do
    if [ "$argument" != --all ]; then tiers+=("$argument"); continue; fi
    export KAIROSBOOT_ALL=1 KAIROSBOOT_REBOOTS=${KAIROSBOOT_REBOOTS:-20}
    export KAIROSBOOT_FUZZ_INPUTS=${KAIROSBOOT_FUZZ_INPUTS:-1000000} KAIROSBOOT_PARSER_INPUTS=${KAIROSBOOT_PARSER_INPUTS:-10000000}
    limit=40000
done
[ ${#tiers[@]} -gt 0 ] || tiers=(plan image linux boot)
for tier in "${tiers[@]}"; do
    case $tier in plan|image|linux|boot) ;; *) printf 'run.sh: unknown tier %s\n' "$tier" >&2; exit 2 ;; esac
done
wants() { case " ${tiers[*]} " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

passed=0 failed=0 skipped=0
results=$OUT/test-results
rm -rf "$results"
mkdir -p "$results"

counter() { # FILE NAME: prints one of the sums of a TRX file
    sed -n "s/.*<Counters .*\\b$2=\"\\([0-9]*\\)\".*/\\1/p" "$1"
}

failures() { # FILE: prints the failed tests of a TRX file with their messages, in the escaped form of XML
    awk '
        /<UnitTestResult / && /outcome="Failed"/ {
            match($0, /testName="[^"]*"/)
            print "FAILED: " substr($0, RSTART + 10, RLENGTH - 11)
            failed = 1
        }
        failed && /<Message>/ { message = 1; sub(/.*<Message>/, "") }
        message { line = $0; sub(/<\/Message>.*/, "", line); print "    " substr(line, 1, 300) }
        /<\/Message>/ { message = 0; failed = 0 }' "$1"
}

slowest() { # FILE...: prints the ten slowest tests of TRX files. The start of a shared machine belongs to no test.
    awk '
        FNR == 1 { tier = FILENAME; sub(/.*\//, "", tier); sub(/\.trx$/, "", tier) }
        /<UnitTestResult / && match($0, / duration="[^"]*"/) {
            split(substr($0, RSTART + 11, RLENGTH - 12), part, ":")
            match($0, / testName="[^"]*"/); name = substr($0, RSTART + 11, RLENGTH - 12)
            sub(/^KairosBoot\.[A-Za-z]+\.Tests\./, "", name)
            printf "%8.1f s  %-5s  %s\n", part[1] * 3600 + part[2] * 60 + part[3], tier, name
        }' "$@" | sort -rn | sed -n 1,10p
}

run_tier() { # TIER PROJECT VERBOSITY
    local tier=$1 project=$2 verbosity=$3 started=$SECONDS status=0 trx=$results/$1.trx good=0 executed=0 total=0
    say "tier $tier"
    # The limit keeps a tier that hangs from blocking the next one.
    # Tests that need the files of an earlier commit are run by compatibility.sh.
    timeout --kill-after=30 "$limit" dotnet test "$REPO/tests/$project" --nologo --filter Needs!=earlier \
        --logger "console;verbosity=$verbosity" --logger "trx;LogFileName=$trx" </dev/null || status=$?
    if [ -e "$trx" ]; then
        # The figures that tests have measured. With verbosity normal, dotnet test has printed them already.
        [ "$verbosity" = normal ] || grep -o 'figure: [^<]*' "$trx" | sort -u || true
        good=$(counter "$trx" passed) executed=$(counter "$trx" executed) total=$(counter "$trx" total)
    fi
    passed=$((passed + good))
    failed=$((failed + executed - good))
    skipped=$((skipped + total - executed))
    if [ "$executed" -eq 0 ]; then
        say "tier $tier ran no test"
        failed=$((failed + 1))
    elif [ "$status" -ne 0 ] && [ "$executed" -eq "$good" ]; then
        say "tier $tier: dotnet test failed with exit code $status"
        failed=$((failed + 1))
    fi
    say "tier $tier took $(seconds_since "$started")"
}

# assets TIER: makes the files that the tier needs. If that fails, the tier has failed and the run continues.
assets() {
    "$REPO/tests/assets.sh" "$1" && return
    say "tier $1 failed: tests/assets.sh $1 cannot make its files"
    failed=$((failed + 1))
    return 1
}

if wants plan; then run_tier plan KairosBoot.Plan.Tests minimal; fi

if wants image && assets image; then
    need acl attr busybox-static bzip2 cpio dosfstools erofs-utils fdisk gdisk grub-emu kmod libarchive-tools libcap2-bin lz4 mtools
    need expect fish groff-base xfsprogs xz-utils zsh
    export KAIROSBOOT_TEST_KERNEL_ROOT=$OUT/test-assets/kernel-root
    run_tier image KairosBoot.Image.Tests minimal
fi
if wants linux; then
    [ "$(id -u)" = 0 ] || say "tier linux mounts file systems: its tests fail without root; to fix: run tests/run.sh as root"
    need acl attr busybox-static btrfs-progs dosfstools e2fsprogs erofs-utils fdisk gcc gdisk libc6-dev libcap2-bin linux-libc-dev mount
    need bcache-tools cryptsetup-bin exfatprogs f2fs-tools genisoimage lvm2 mtools ntfs-3g squashfs-tools util-linux xfslibs-dev xfsprogs
    # The tests build the GRUB files of kboot install, and read disks with GRUB after a power cut.
    need grub-common grub-pc-bin grub-efi-amd64-bin
    need curl dpkg-dev dropbear-bin git openssh-client skopeo umoci wget
    # The tests run the published kboot.
    "$REPO/initrd/build.sh" || say "initrd/build.sh failed: tests that run kboot fail"
    run_tier linux KairosBoot.Linux.Tests minimal
fi
if wants boot && assets boot; then
    rm -rf "$OUT/boot-tests" "$OUT/figures.txt"
    run_tier boot KairosBoot.Boot.Tests normal
fi

# The failures again, at the end, because often only the end of a long log is kept.
trxs=()
for trx in "$results"/*.trx; do [ ! -e "$trx" ] || trxs+=("$trx"); done
for trx in "${trxs[@]}"; do failures "$trx"; done
if [ ${#trxs[@]} -gt 0 ]; then
    say "the ten slowest tests"
    slowest "${trxs[@]}"
fi
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]

#!/usr/bin/env bash
# Tests a disk that an earlier commit has made: it boots, upgrades and falls back. compatibility.sh [COMMIT] (default: the newest tag, or
# HEAD~1 without a tag). The earlier commit is built in a worktree below out/, which is kept for the next run.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../initrd/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../initrd/lib.sh"

name=${1:-$(git -C "$REPO" describe --tags --abbrev=0 2>/dev/null || echo HEAD~1)}
commit=$(git -C "$REPO" rev-parse --verify --quiet "$name^{commit}") ||
    die "no such commit: $name; to fix: name a commit of this repository"
earlier=$OUT/earlier/${commit:0:12}
[ -d "$earlier" ] || git -C "$REPO" worktree add --quiet --detach "$earlier" "$commit"
"$earlier/tests/assets.sh" boot
"$REPO/tests/assets.sh" boot
KAIROSBOOT_EARLIER=$earlier/out exec dotnet test "$REPO/tests/KairosBoot.Boot.Tests" --nologo --filter Needs=earlier \
    --logger "console;verbosity=normal" </dev/null

#!/bin/sh
# Builds out/my-system.img and out/my-disk.raw. Usage: build.sh PUBLIC-KEY [--build-arg NAME=VALUE]...
set -eu
key=$1; shift
cd "$(dirname "$0")/../../.."
docker build "$@" -f initrd/examples/debian/Containerfile -t my-system .
docker create --name my-system my-system
docker export my-system > out/my-root.tar
docker rm my-system
sed "s|ssh-ed25519 AAAA.*|$(cat "$key")|" initrd/examples/debian/cloud-config.yaml > out/my-config.yaml
out/kboot image build --tar out/my-root.tar --output out/my-system.img
out/kboot disk build --image out/my-system.img --cloud-config out/my-config.yaml --output out/my-disk.raw

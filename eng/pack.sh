#!/usr/bin/env bash
# Packs the current commit, as it is to be published. Usage: pack.sh OUTDIR [VERSION]
# It builds two fresh clones in different folders, and fails where their packages are not the same bytes, where a package is of a megabyte
# or more, or where eng/validate-package.cs finds something missing. OUTDIR gets the packages, their symbols and SHA256SUMS.
set -euo pipefail
(($# == 1 || $# == 2)) || { echo "usage: eng/pack.sh OUTDIR [VERSION]" >&2 && exit 2; }
mkdir -p "$1"
output=$(cd "$1" && pwd) version=()
if (($# == 2)); then version=("-p:Version=$2"); fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly output version most_bytes=1000000

if [ -n "$(git status --porcelain)" ]; then echo "eng/pack.sh: what is not committed is not packed." >&2; fi
# Packages carry the time of the commit, whenever they are made.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
address=$(git remote get-url origin 2>/dev/null || true)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for clone in one another; do
  git clone --quiet . "$work/$clone"
  # The clone's origin is this folder; packages name the server.
  if [ -n "$address" ]; then git -C "$work/$clone" remote set-url origin "$address"; else git -C "$work/$clone" remote remove origin; fi
  for project in "$work/$clone"/src/*/*.csproj; do
    dotnet pack "$project" -c Release -o "$work/$clone.packages" -p:ContinuousIntegrationBuild=true "${version[@]}" --nologo -v quiet
  done
  (cd "$work/$clone.packages" && sha256sum -- *) >"$work/$clone.sums"
done
if ! diff "$work/one.sums" "$work/another.sums"; then
  echo "eng/pack.sh: two builds of the same commit differ." >&2
  exit 1
fi

for package in "$work/one.packages"/*.nupkg; do
  bytes=$(stat -c %s "$package")
  if ((bytes >= most_bytes)); then
    echo "eng/pack.sh: $(basename "$package") has $bytes bytes, $most_bytes is the limit." >&2
    exit 1
  fi
  dotnet run -c Release --file eng/validate-package.cs -- "$package"
done
cp "$work/one.packages"/* "$output"
cp "$work/one.sums" "$output/SHA256SUMS"
cat "$output/SHA256SUMS"

#!/usr/bin/env bash
# Unpacks NVIDIA's ptxas, cuobjdump and nvdisasm into a folder, so that the tests can assemble and inspect the library's
# CUDA kernels on a machine without a GPU. Usage: install-cuda-assembler.sh [DIR]
# DIR is by default cuda-assembler in the user's cache folder; the last line printed is the folder with the programs.
#
# They come from the package nvidia-cuda-toolkit (Debian: non-free, Ubuntu: multiverse; about 100 MB). Nothing is installed
# and the machine's package sources stay as they are: apt runs on copies of them, in folders of its own, so any user will do.
set -euo pipefail

package=nvidia-cuda-toolkit
programs=(cuobjdump nvdisasm ptxas)

fail() {
  echo "install-cuda-assembler: $1" >&2
  exit 1
}

complete() { # Do all programs in the folder $1 run?
  local program
  for program in "${programs[@]}"; do
    "$1/$program" --version >/dev/null 2>&1 || return 1
  done
}

target=${1:-${XDG_CACHE_HOME:-${HOME:?neither DIR, XDG_CACHE_HOME nor HOME is given}/.cache}/cuda-assembler}
if complete "$target/usr/bin"; then
  (cd "$target/usr/bin" && pwd)
  exit 0
fi

system=$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${ID_LIKE:-}") || system=
case " $system " in
  *" ubuntu "*) component=multiverse ;;
  *" debian "*) component=non-free ;;
  *) fail "this is neither Debian nor Ubuntu: install NVIDIA's CUDA toolkit, which has ${programs[*]}." ;;
esac

# Work inside the target: there is room, it is writable, and moving the result into place is a rename.
mkdir -p "$target" || fail "cannot make the folder $target."
target=$(cd "$target" && pwd)
work=$(mktemp -d "$target/.unpack.XXXXXX") || fail "cannot write to the folder $target."
trap 'rm -rf "$work"; rmdir "$target" 2>/dev/null || true' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The machine's sources (its mirrors, its keys), with the one component in place of all others. Both formats:
# one-line (*.list) and deb822 (*.sources, stanzas between empty lines). Sources without a `main` are other people's.
mkdir -p "$work"/{sources,state/lists/partial,cache/archives/partial,unpacked}
shopt -s nullglob
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [ -r "$file" ] || continue
  sed -nE "s/#.*//; /^[[:space:]]*deb[[:space:]]/s/[[:space:]]main([[:space:]].*)?\$/ $component/p" "$file" \
    >"$work/sources/$(basename "$file" .list).list"
done
for file in /etc/apt/sources.list.d/*.sources; do
  [ -r "$file" ] || continue
  awk -v component="$component" '
    BEGIN { RS = ""; ORS = "\n\n" }
    {
      count = split($0, lines, "\n"); stanza = ""; found = 0
      for (i = 1; i <= count; i++) {
        if (lines[i] ~ /^#/) continue
        if (tolower(lines[i]) ~ /^components:.*[ \t]main([ \t]|$)/) { found = 1; lines[i] = "Components: " component }
        stanza = stanza (stanza == "" ? "" : "\n") lines[i]
      }
      if (found) print stanza
    }' "$file" >"$work/sources/$(basename "$file")"
done

# A -c file is read after the machine's own settings, so it can also clear hooks that only root could run.
cat >"$work/apt.conf" <<END
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$work/sources";
Dir::State "$work/state";
Dir::State::status "/dev/null";
Dir::Cache "$work/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
END

# One unreachable source among several need not matter: whether the package can be fetched is what decides.
log=$work/log
apt-get -q -c "$work/apt.conf" update >"$log" 2>&1 </dev/null || true
(cd "$work" && apt-get -q -c "$work/apt.conf" download "$package") >>"$log" 2>&1 </dev/null || {
  tail -n 20 "$log" >&2
  fail "apt-get could not fetch $package (its last lines are above)."
}

dpkg-deb --fsys-tarfile "$work/${package}"_*.deb |
  tar -x -C "$work/unpacked" --no-same-owner "${programs[@]/#/./usr/bin/}" ||
  fail "the package $package does not hold ${programs[*]} in usr/bin."
complete "$work/unpacked/usr/bin" || fail "the programs of $package do not run on this machine."

mkdir -p "$target/usr/bin"
mv -f "${programs[@]/#/$work/unpacked/usr/bin/}" "$target/usr/bin/"
echo "install-cuda-assembler: unpacked ${programs[*]}."
echo "$target/usr/bin"

#!/usr/bin/env bash
# Installs PoCL, an OpenCL driver for the CPU, and the OpenCL loader, so that the library's OpenCL kernels run on a
# machine without a GPU. For Debian and Ubuntu, as root or through sudo. Silent when both are installed already.
set -euo pipefail

packages=(ocl-icd-libopencl1 pocl-opencl-icd)

fail() {
  echo "install-opencl: $1" >&2
  exit 1
}

system=$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${ID_LIKE:-}") || system=
case " $system " in
  *" debian "* | *" ubuntu "*) ;;
  *) fail "this is neither Debian nor Ubuntu: install PoCL or your device's OpenCL driver by its own means." ;;
esac

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=(env DEBIAN_FRONTEND=noninteractive)
if [ "$EUID" -ne 0 ]; then
  # A password can be typed only where there is a terminal.
  sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; } 2>/dev/null ||
    fail "needs root to install ${missing[*]}: run it as root or as a user who may use sudo."
  as_root=(sudo "${as_root[@]}")
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt=("${as_root[@]}" apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120)

# One unreachable source among several need not matter: whether the packages can be installed is what decides.
"${apt[@]}" update >"$log" 2>&1 </dev/null || true
"${apt[@]}" install --no-install-recommends "${missing[@]}" >>"$log" 2>&1 </dev/null || {
  tail -n 20 "$log" >&2
  fail "apt-get could not install ${missing[*]} (its last lines are above)."
}
echo "install-opencl: installed ${missing[*]}."

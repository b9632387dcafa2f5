#!/usr/bin/env bash
# Makes a small Debian root with a new Mesa in it and prints its path: burn's Vulkan kernels run whole on
# llvmpipe 26.2 and newer, and crash on the older one that a stable Debian ships.
#
#   TRAINSCOPE_MESA_SUITE   Debian suite (default sid)
set -euo pipefail

exec "$(dirname "${BASH_SOURCE[0]}")/debian-root.sh" mesa "${TRAINSCOPE_MESA_SUITE:-sid}" \
    libvulkan1 mesa-vulkan-drivers vulkan-tools

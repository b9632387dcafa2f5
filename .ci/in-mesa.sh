#!/usr/bin/env bash
# Runs a host-built program against the new Mesa of mesa-chroot.sh.
#
#   .ci/in-mesa.sh [--bind DIR]... [--ro DIR]... [--] CMD [ARG]...
#
# Each DIR is mounted at its own path inside, so that paths mean the same on both sides; the current folder is kept
# where it lies under one of them. Everything is mounted in a mount namespace and a process namespace of this run's
# own: the kernel drops both with the last process, so that a killed run leaves neither mounts nor children behind.
# The exit status is CMD's. Must run as root.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=${TRAINSCOPE_MESA_ROOT:-$("$here/mesa-chroot.sh")}

binds=()
while [[ $# -gt 0 ]]; do
    case $1 in
    --bind) binds+=("rw:$(realpath -e "$2")"); shift 2 ;;
    --ro) binds+=("ro:$(realpath -e "$2")"); shift 2 ;;
    --) shift; break ;;
    -*) echo "in-mesa: unknown option $1" >&2; exit 2 ;;
    *) break ;;
    esac
done
if [[ $# -eq 0 ]]; then
    echo "in-mesa: usage: in-mesa.sh [--bind DIR]... [--ro DIR]... [--] CMD [ARG]..." >&2
    exit 2
fi

export TRAINSCOPE_IN_MESA_CWD=$PWD
exec unshare --mount --propagation private --pid --fork --kill-child -- bash -c '
    set -euo pipefail
    root=$1; count=$2; shift 2
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    for ((i = 0; i < count; i++)); do
        mode=${1%%:*}; dir=${1#*:}; shift
        mkdir -p "$root$dir"
        mount --bind "$dir" "$root$dir"
        if [[ $mode == ro ]]; then mount -o remount,bind,ro "$root$dir"; fi
    done
    cwd=/
    if [[ -d $root$TRAINSCOPE_IN_MESA_CWD ]]; then cwd=$TRAINSCOPE_IN_MESA_CWD; fi
    unset TRAINSCOPE_IN_MESA_CWD DISPLAY WAYLAND_DISPLAY XDG_RUNTIME_DIR XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME
    export HOME=/root TMPDIR=/tmp
    # Not exec: the first process of a namespace takes no signal that it has no handler for, and CMD should not be it.
    status=0
    chroot "$root" /usr/bin/env -C "$cwd" "$@" || status=$?
    exit "$status"
' _ "$root" "${#binds[@]}" "${binds[@]}" "$@"

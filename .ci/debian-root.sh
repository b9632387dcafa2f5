#!/usr/bin/env bash
# Makes a small Debian root of a suite with packages in it, and prints its path.
#
#   .ci/debian-root.sh NAME SUITE PACKAGE...
#
# Run again it does nothing: a stamp file says what the root was made from. It is built under another name and
# renamed, so that an interrupted run leaves no half-made root behind. Must run as root (debootstrap).
#
#   TRAINSCOPE_CI_DIR   folder for what CI keeps (default ~/.cache/trainscope-ci); the root is NAME in it
#   TRAINSCOPE_ROOT_FINISH   a program that is run with the new root's path before it takes its name
set -euo pipefail

ci_dir=${TRAINSCOPE_CI_DIR:-$HOME/.cache/trainscope-ci}
name=$1
suite=$2
shift 2
packages=("$@")
root=$ci_dir/$name
stamp=$root/.trainscope-stamp
wanted="$suite ${packages[*]}"

say() { printf '%s: %s\n' "$name" "$*" >&2; }

if [[ -f $stamp && $(<"$stamp") == "$wanted" ]]; then
    printf '%s\n' "$root"
    exit 0
fi
if [[ $(id -u) -ne 0 ]]; then
    say "must run as root, since debootstrap makes device files and owners"
    exit 1
fi
if ! command -v debootstrap >/dev/null; then
    say "debootstrap is missing; install the package debootstrap"
    exit 1
fi

# The mirror is the one that this machine's apt uses: `apt-get indextargets` reads every form of sources file.
# Security and third-party archives carry no suite `sid`, so only main archives named Debian and not *-security count.
mirror=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(SUITE) $(LABEL)' 2>/dev/null \
    | awk '$2 == "Debian" && $4 == "Debian" { print $1; exit }')
if [[ -z $mirror ]]; then
    # The archive's Release files may not have been read yet: fall back on the text of the sources files.
    mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null \
        | grep -v '^[[:space:]]*#' | grep -oE '[a-z+]+://[^][:space:]]+/debian/?([[:space:]]|$)' | head -n 1 | tr -d '[:space:]')
fi
if [[ -z $mirror ]]; then
    say "apt's sources name no Debian archive"
    exit 1
fi

# apt's proxy serves debootstrap (wget) and the apt inside the root too.
proxy=$(apt-config dump --format '%v%n' Acquire::http::Proxy 2>/dev/null | head -n 1 || true)
if [[ -n $proxy && $proxy != DIRECT ]]; then
    export http_proxy=${http_proxy:-$proxy}
fi

building=$ci_dir/$name.building
mkdir -p "$ci_dir"
exec 9>"$ci_dir/$name.lock"
flock 9
if [[ -f $stamp && $(<"$stamp") == "$wanted" ]]; then # another run made it while this one waited
    printf '%s\n' "$root"
    exit 0
fi
for old in "$building" "$root"; do
    # Never delete through a mount: what runs in a root mounts in a namespace of its own, but another hand may have been here.
    if awk -v dir="$(realpath -m "$old")/" 'index($5, dir) == 1 { found = 1 } END { exit !found }' /proc/self/mountinfo; then
        say "something is mounted inside the old root; unmount it first: $old"
        exit 1
    fi
    rm -rf --one-file-system "$old"
done

log=$ci_dir/$name.log
say "making a Debian $suite root with ${packages[*]} (some minutes; log: $log)"
fail() {
    say "failed; the end of the log:"
    tail -n 25 "$log" >&2
    exit 1
}
# A stable debootstrap may not know a suite made after it; all of Debian's share one script.
script=()
[[ -e /usr/share/debootstrap/scripts/$suite ]] || script=(/usr/share/debootstrap/scripts/sid)
debootstrap --variant=minbase --include=ca-certificates "$suite" "$building" "$mirror" "${script[@]}" >"$log" 2>&1 9>&- || fail
for file in /etc/hosts /etc/resolv.conf; do
    [[ -e $file ]] && cat "$file" >"$building$file"
done
# What this machine trusts the root trusts: a registry may be reached through a host with a certificate of its own.
trust() {
    [[ ! -e /etc/ssl/certs/ca-certificates.crt ]] || cp -L /etc/ssl/certs/ca-certificates.crt "$building/etc/ssl/certs/"
}
trust
if [[ -n ${http_proxy:-} ]]; then
    printf 'Acquire::http::Proxy "%s";\n' "$http_proxy" >"$building/etc/apt/apt.conf.d/90proxy"
fi
printf 'force-unsafe-io\n' >"$building/etc/dpkg/dpkg.cfg.d/unsafe-io"
printf '#!/bin/sh\nexit 101\n' | install -m 755 /dev/stdin "$building/usr/sbin/policy-rc.d" # no services start in here
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
# The install gets /proc in a mount namespace of its own: whatever happens to it, nothing stays mounted.
unshare --mount --propagation private -- bash -c '
    set -e
    mount -t proc proc "$1/proc"
    root=$1; shift
    # A mirror that is not synchronised every day serves a list past its date; its signature is checked all the same.
    chroot "$root" apt-get -o Acquire::Check-Valid-Until=false update
    chroot "$root" apt-get install -y --no-install-recommends "$@"
    chroot "$root" apt-get clean
' _ "$building" "${packages[@]}" >>"$log" 2>&1 </dev/null 9>&- || fail
trust # an update of the list may have written it anew
if [[ -n ${TRAINSCOPE_ROOT_FINISH:-} ]]; then
    "$TRAINSCOPE_ROOT_FINISH" "$building" >>"$log" 2>&1 </dev/null 9>&- || fail
fi
printf '%s\n' "$wanted" >"$building/.trainscope-stamp"
mv "$building" "$root"
say "made"
printf '%s\n' "$root"

#!/usr/bin/env bash
# The program for Windows (x86_64-pc-windows-gnu), built on Debian and tried under wine.
#
#   .ci/windows.sh check    cargo check of the whole program
#   .ci/windows.sh build    trainscope.exe (release); prints its path
#   .ci/windows.sh smoke    build, then sample images, scan, train, resume, plot, doctor and the window under wine
#   .ci/windows.sh setup [SETUP.exe]   build and `package.sh exe` (needs makensis), or that installer: installed silently under wine,
#                                started from where it lies then, and uninstalled
#   .ci/windows.sh run ARG...   trainscope.exe ARG... under wine, in C:\work
#   .ci/windows.sh cargo ARG...   any other command of cargo, such as `test --no-run --lib --target x86_64-pc-windows-gnu`
#
# All of it happens in a Debian root of its own (sid), since no stable Debian has a compiled standard library for Windows: there it
# is compiled from the source that the same suite has beside its compiler, so that the two always fit. The checkout is only read.
# What is kept between runs lies in TRAINSCOPE_CI_DIR (default ~/.cache/trainscope-ci): the root `windows`, and in `windows-kept`
# the target folder, cargo's registry, wine's drive and the window's picture. Must run as root.
#
#   TRAINSCOPE_WINDOWS_CARGO   options for cargo, such as `--config profile.release.opt-level=1`
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
ci=$checkout/.ci
export TRAINSCOPE_CI_DIR=${TRAINSCOPE_CI_DIR:-$HOME/.cache/trainscope-ci}
kept=$TRAINSCOPE_CI_DIR/windows-kept
target=x86_64-pc-windows-gnu

# Called again with a new root, before that takes its name: its standard library for Windows.
if [[ ${1:-} == finish-root ]]; then
    exec unshare --mount --propagation private -- bash -c '
        set -e
        mount -t proc proc "$1/proc"
        exec chroot "$1" env -i HOME=/root LC_ALL=C.UTF-8 PATH=/usr/bin:/bin bash -euc "$2" _ "$3"
    ' _ "$2" '
        target=$1
        # The native name, by which build scripts of C libraries ask for it.
        ln -sf /usr/bin/x86_64-w64-mingw32-windres /usr/local/bin/windres
        sysroot=$(rustc --print sysroot)/lib/rustlib
        mkdir -p /std/src
        cd /std
        printf "[package]\nname = \"seed\"\nversion = \"0.0.0\"\nedition = \"2024\"\n" >Cargo.toml
        printf "#![no_std]\n" >src/lib.rs
        # Only here the compiler may think that it is a nightly one: crates with it would take what is not stable.
        export RUSTC_BOOTSTRAP=1
        cargo build --release --target "$target" -Z build-std=std,panic_unwind,panic_abort,proc_macro,test
        mkdir -p "$sysroot/$target/lib"
        cp "target/$target/release/deps/"*.rlib "$sysroot/$target/lib/"
        rm -f "$sysroot/$target/lib/"libseed*
        # What a program for Windows begins and ends with.
        for object in rsbegin rsend; do
            rustc --target "$target" --crate-type lib --emit obj -O -o "$sysroot/$target/lib/$object.o" \
                "$sysroot/src/rust/library/rtstartup/$object.rs"
        done
        rm -rf /std
    ' "$target"
fi

say() { printf 'windows: %s\n' "$*" >&2; }

[[ $(id -u) -eq 0 ]] || { say "must run as root, which alone can make and enter a Debian root"; exit 1; }
mkdir -p "$kept"

# `finish-root` needs a program that takes the root's path alone.
finish=$(mktemp "$TRAINSCOPE_CI_DIR/windows-finish.XXXXXX")
trap 'rm -f "$finish"' EXIT
printf '#!/bin/sh\nexec %q finish-root "$1"\n' "$ci/windows.sh" >"$finish"
chmod +x "$finish"
root=$(TRAINSCOPE_ROOT_FINISH=$finish "$ci/debian-root.sh" windows sid \
    rustc cargo rust-src gcc libc6-dev git gcc-mingw-w64-x86-64-posix g++-mingw-w64-x86-64-posix \
    wine wine64 xvfb xauth imagemagick xdotool x11-utils libgl1-mesa-dri libglx-mesa0 libegl1 fonts-dejavu-core procps)
mkdir -p "$root/build/src" "$root/build/kept"

# inside SCRIPT ARG...: a bash script in the root, in mounts and processes of its own, so that nothing stays behind.
inside() {
    unshare --mount --propagation private --pid --fork --kill-child -- bash -c '
        set -e
        root=$1 checkout=$2 kept=$3
        shift 3
        mount -t proc proc "$root/proc"
        mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
        mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
        mount --bind "$kept" "$root/build/kept"
        mount --bind "$checkout" "$root/build/src"
        mount -o remount,bind,ro "$root/build/src"
        # Not exec: the first process of a namespace takes no signal that it has no handler for, and the script should not be it.
        status=0
        chroot "$root" env -i HOME=/root LC_ALL=C.UTF-8 TERM=dumb PATH=/usr/local/bin:/usr/bin:/bin \
            CARGO_HOME=/build/kept/cargo CARGO_TARGET_DIR=/build/kept/target CARGO_TERM_COLOR=never \
            WINEPREFIX=/build/kept/wine WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml=;pdh=n" \
            bash -euc "$@" || status=$?
        exit "$status"
    ' _ "$root" "$checkout" "$kept" "$1" _ "${@:2}"
}

in_cargo() {
    # shellcheck disable=SC2086
    inside 'cd /build/src; exec cargo "$@"' "$@" ${TRAINSCOPE_WINDOWS_CARGO:-}
}

build() {
    in_cargo build --release --locked --lib --bins --target "$target"
}

# A drive C with a stand-in for a library: wine ends a program that asks its own pdh.dll what counters there are, and this one has none.
make_drive() {
    inside '
        # Its server writes the registry a while after the last program, and dies with this namespace: a drive whose registry was
        # not written has no COM, and no window opens there. So a drive takes its name only when all of it is written.
        [[ -d $WINEPREFIX ]] && grep -q "^\[Software.*Interface" "$WINEPREFIX/system.reg" 2>/dev/null || {
            rm -rf "$WINEPREFIX" "$WINEPREFIX.new"
            WINEPREFIX=$WINEPREFIX.new xvfb-run -a wine wineboot -i >/dev/null 2>&1
            WINEPREFIX=$WINEPREFIX.new "$(echo /usr/lib/*/wine/wineserver)" -w
            mv "$WINEPREFIX.new" "$WINEPREFIX"
        }
        mkdir -p "$WINEPREFIX/drive_c/work" "$WINEPREFIX/drive_c/trainscope"
        cd "$WINEPREFIX/drive_c/trainscope"
        [[ -e pdh.dll ]] || {
            for name in AddEnglishCounterW CloseQuery CollectQueryData EnumObjectsW GetFormattedCounterArrayW \
                GetFormattedCounterValue OpenQueryW RemoveCounter; do
                echo "__declspec(dllexport) long Pdh$name(void) { return (long)0xC0000BB8; }"
            done >/tmp/pdh.c
            x86_64-w64-mingw32-gcc -shared -O -o pdh.dll /tmp/pdh.c
        }
    '
}

# On drive C, as a user has it: on wine's drive Z the program would find Linux's /proc.
install_exe() {
    make_drive
    inside 'cp -u "/build/kept/target/$1/release/trainscope.exe" "$WINEPREFIX/drive_c/trainscope/"' "$target"
}

run_exe() {
    install_exe
    inside 'cd "$WINEPREFIX/drive_c/work"; xvfb-run -a -s "-screen 0 1400x900x24" wine "C:\\trainscope\\trainscope.exe" "$@"' "$@"
}

smoke() {
    install_exe
    inside '
        cd "$WINEPREFIX/drive_c/work"
        rm -rf images run state plots.png
        Xvfb :97 -screen 0 1400x900x24 >/dev/null 2>&1 &
        export DISPLAY=:97 TRAINSCOPE_STATE_DIR="C:\\work\\state"
        sleep 1
        failed=0
        fail() { printf "FAILED: %s\n" "$*"; failed=1; }
        trainscope() {
            printf "== %s\n" "$*" >&2
            timeout -k 5 600 wine "C:\\trainscope\\trainscope.exe" "$@" || fail "$1 ended with $?"
        }
        trainscope --version
        trainscope sample "C:\\work\\images" --images-per-class 12
        trainscope scan "C:\\work\\images"
        trainscope train --data "C:\\work\\images" --run "C:\\work\\run" --json --set model.name=small_cnn \
            --set train.epochs=2 --set train.device=cpu --set loader.batch_size=16 --set data.val_frac=0.2 >train.jsonl
        grep -F "\"type\":\"warning\"" train.jsonl | cut -c 1-400 || true
        grep -qF "\"status\":\"completed\"" train.jsonl || fail "the run did not complete"
        ls run/checkpoints/step-*/model.bpk || fail "no checkpoint was written"
        trainscope train --run "C:\\work\\run" --resume --json --set train.epochs=3 >resume.jsonl
        grep -qF "\"status\":\"completed\"" resume.jsonl || fail "the resumed run did not complete"
        [[ $(ls -d run/.writing-* run/checkpoints/.writing-* 2>/dev/null | wc -l) -eq 0 ]] || fail "half-written files were left"
        trainscope plot "C:\\work\\run" --metric all --out "C:\\work\\plots.png"
        [[ -s plots.png ]] || fail "no plots"
        printf "== doctor\n" >&2
        status=0
        timeout -k 5 1200 wine "C:\\trainscope\\trainscope.exe" doctor --json --data "C:\\work\\images" >doctor.jsonl || status=$?
        cut -c 1-400 doctor.jsonl
        # wine has a DirectX without a device behind it, which fails its check; a Vulkan driver computes rightly.
        [[ $status -eq 0 || $status -eq 4 ]] || fail "doctor ended with $status"
        ! grep -F "\"id\":\"vulkan" doctor.jsonl | grep -F "\"passed\":false" || fail "kernels do not compile or compute wrongly"
        wine "C:\\trainscope\\trainscope.exe" "C:\\work\\images" &
        for _ in $(seq 60); do
            sleep 1
            ! xdotool search --name "^trainscope" >/dev/null 2>&1 || break
        done
        xdotool search --name "^trainscope" >/dev/null || fail "no window"
        sleep 10
        xdotool search --name "^trainscope" >/dev/null || fail "the window is gone again"
        import -window root /build/kept/window.png
        # Text and pictures make many colours; a window that draws nothing has a handful.
        [[ $(identify -format %k /build/kept/window.png) -gt 200 ]] || fail "the window is empty"
        exit "$failed"
    '
}

# The installer of that path, from its silent start to the last file that it takes away again.
setup() {
    cp "$1" "$kept/setup.exe"
    make_drive
    inside '
        fail() { printf "FAILED: %s\n" "$*" >&2; exit 1; }
        key="HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\trainscope"
        menu="HKCU\\Software\\Classes\\Directory\\shell\\trainscope\\command"
        value() { timeout 60 wine reg query "$@" 2>/dev/null | tr -d "\r" | sed -n "s/^ .*REG_SZ *//p"; }
        lies() { find "$WINEPREFIX/drive_c" -name "trainscope.lnk" -o -path "*Programs/trainscope/*" -type f; }
        Xvfb :98 -screen 0 1400x900x24 >/dev/null 2>&1 &
        export DISPLAY=:98
        sleep 1
        timeout -k 5 300 wine /build/kept/setup.exe /S || fail "the installer ended with $?"
        installed=$(value "$key" /v InstallLocation)
        [[ -n $installed ]] || fail "it is not among the installed programs"
        printf "installed in %s\n" "$installed"
        lies | sed "s,.*/drive_c/,  C:/,"
        lies | grep -q "\.lnk$" || fail "no entry in the start menu"
        [[ $(value "$menu" /ve) == *trainscope.exe*%1* ]] || fail "folders do not offer it: $(value "$menu" /ve)"
        folder=$(wine winepath -u "$installed" 2>/dev/null | tr -d "\r")
        cp "$WINEPREFIX/drive_c/trainscope/pdh.dll" "$folder/"
        timeout -k 5 120 wine "$installed\\trainscope.exe" --version || fail "the program ended with $?"
        rm "$folder/pdh.dll"
        timeout -k 5 300 wine "$installed\\uninstall.exe" /S || fail "uninstalling ended with $?"
        # It goes on by itself from a copy, so that it can delete itself.
        for _ in $(seq 60); do
            [[ -n $(lies) ]] || break
            sleep 1
        done
        [[ -z $(lies) ]] || fail "left behind: $(lies)"
        [[ -z $(value "$key" /v InstallLocation)$(value "$menu" /ve) ]] || fail "left behind in the registry"
        echo "uninstalled: nothing is left"
    '
}

command=${1:-}
[[ $# -eq 0 ]] || shift
case $command in
check) in_cargo check --release --locked --lib --bins --target "$target" ;;
build) build; printf '%s\n' "$kept/target/$target/release/trainscope.exe" ;;
smoke) build; smoke; say "the window's picture: $kept/window.png" ;;
setup)
    made=${1:-}
    if [[ -z $made ]]; then
        build
        made=$("$ci/package.sh" exe "$kept/target/$target/release/trainscope.exe" "$kept/out")
    fi
    setup "$made"
    ;;
run) run_exe "$@" ;;
cargo) in_cargo "$@" ;;
*) sed -n '2,/^set -e/p' "$0" | sed '$d'; exit 2 ;;
esac

#!/usr/bin/env bash
# Installers and archives of a program that is built already.
#
#   .ci/package.sh deb PROGRAM OUT    trainscope_<version>_<arch>.deb, for Debian and Ubuntu
#   .ci/package.sh tar PROGRAM OUT    trainscope-<version>-<arch>-linux.tar.gz: the program, its desktop file and icons, `install.sh`
#   .ci/package.sh exe PROGRAM OUT    trainscope-<version>-setup.exe, for one person, without administrator's rights (needs makensis)
#   .ci/package.sh app PROGRAM OUT    trainscope-<version>-macos.tar.gz with trainscope.app
#
# Prints the path of what it made in the folder OUT. The same commit and program give the same bytes.
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
kind=${1:-} program=${2:-} out=${3:-}
[[ -n $out && -f $program ]] || { sed -n '2,/^set -e/p' "$0" | sed '$d'; exit 2; }
mkdir -p "$out"
out=$(cd "$out" && pwd)
program=$(realpath "$program")
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$checkout/Cargo.toml" | head -n 1)
# What tar and dpkg-deb write down as the time of all files.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$checkout" log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

# Desktop file, icons, licences and README as they lie below /usr.
share() {
    local to=$1/share file
    install -Dm 644 "$checkout/assets/trainscope.desktop" "$to/applications/trainscope.desktop"
    install -Dm 644 "$checkout/assets/icon.png" "$to/icons/hicolor/256x256/apps/trainscope.png"
    install -Dm 644 "$checkout/assets/icon.svg" "$to/icons/hicolor/scalable/apps/trainscope.svg"
    for file in README.md README.zh-CN.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE; do
        install -Dm 644 "$checkout/$file" "$to/doc/trainscope/$file"
    done
}

archive() {
    tar -C "$stage" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -cf - "$2" | gzip -6n >"$1"
}

deb() {
    local arch file root=$stage/root
    arch=$(dpkg --print-architecture)
    file=$out/trainscope_${version}_$arch.deb
    install -Dm 755 "$program" "$root/usr/bin/trainscope"
    strip "$root/usr/bin/trainscope"
    share "$root/usr"
    mv "$root/usr/share/doc/trainscope/LICENSE-MIT" "$root/usr/share/doc/trainscope/copyright"
    mkdir -p "$root/DEBIAN"
    # winit, glutin and the driver's loaders are opened when the program starts, so no linker names them.
    cat >"$root/DEBIAN/control" <<END
Package: trainscope
Version: $version
Architecture: $arch
Maintainer: trainscope maintainers <maintainers@trainscope.invalid>
Section: science
Priority: optional
Installed-Size: $(du -ks "$root/usr" | cut -f 1)
Depends: libc6 (>= 2.34), libgcc-s1, libgl1, libegl1, libxkbcommon0, libxkbcommon-x11-0, libx11-6, libx11-xcb1, libxcursor1, libxi6, libxrandr2
Recommends: libvulkan1, mesa-vulkan-drivers | nvidia-driver-libs, libfontconfig1, fonts-noto-cjk, xdg-desktop-portal
Description: Train image classifiers and see what holds training back
 Trains on a folder of images while single transforms and loader threads are
 switched on and off, and says which of them costs how much, with an interval.
END
    dpkg-deb --build --root-owner-group "$root" "$file" >/dev/null
    echo "$file"
}

tarball() {
    local name root file
    name=trainscope-$version-$(uname -m)-linux
    root=$stage/$name
    file=$out/$name.tar.gz
    install -Dm 755 "$program" "$root/bin/trainscope"
    strip "$root/bin/trainscope"
    share "$root"
    cat >"$root/install.sh" <<'END'
#!/bin/sh
# Copies trainscope below PREFIX (default ~/.local); `install.sh --remove` takes it away again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
prefix=${PREFIX:-$HOME/.local}
cd "$here"
find bin share -type f | while read -r file; do
    if [ "${1:-}" = --remove ]; then
        rm -f "$prefix/$file"
    else
        mkdir -p "$prefix/$(dirname "$file")"
        # A program that runs cannot be written to; another file can take its place.
        cp "$file" "$prefix/$file.new"
        mv -f "$prefix/$file.new" "$prefix/$file"
    fi
done
if [ "${1:-}" = --remove ]; then
    rmdir "$prefix/share/doc/trainscope" 2>/dev/null || true
else
    echo "installed: $prefix/bin/trainscope"
fi
END
    chmod 755 "$root/install.sh"
    archive "$file" "$name"
    echo "$file"
}

# A path as the system's own programs take it: those of Windows do not know Git's `/c/...`.
native() {
    if command -v cygpath >/dev/null; then cygpath -w "$1"; else printf '%s\n' "$1"; fi
}

setup_exe() {
    local file=$out/trainscope-$version-setup.exe
    install -D "$program" "$stage/trainscope.exe"
    makensis -V2 -NOCD -DVERSION="$version" -DPROGRAM="$(native "$stage/trainscope.exe")" -DASSETS="$(native "$checkout/assets")" \
        -DROOT="$(native "$checkout")" -DOUT="$(native "$file")" "$(native "$checkout/assets/installer.nsi")" >&2
    echo "$file"
}

# An .icns of one 256 x 256 PNG: its length stands big-endian behind its name.
icns() {
    local length
    length=$(stat -c %s "$1")
    printf 'icns%b' "$(big_endian $((length + 16)))"
    printf 'ic08%b' "$(big_endian $((length + 8)))"
    cat "$1"
}

big_endian() {
    printf '\\x%02x\\x%02x\\x%02x\\x%02x' $(($1 >> 24 & 255)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255))
}

app() {
    local file=$out/trainscope-$version-macos.tar.gz contents=$stage/trainscope.app/Contents
    install -Dm 755 "$program" "$contents/MacOS/trainscope"
    sed "s/@VERSION@/$version/" "$checkout/assets/Info.plist" | install -Dm 644 /dev/stdin "$contents/Info.plist"
    mkdir -p "$contents/Resources"
    icns "$checkout/assets/icon.png" >"$contents/Resources/trainscope.icns"
    cp "$checkout/LICENSE-MIT" "$checkout/LICENSE-APACHE" "$contents/Resources/"
    archive "$file" trainscope.app
    echo "$file"
}

case $kind in
deb) deb ;;
tar) tarball ;;
exe) setup_exe ;;
app) app ;;
*) echo "no such kind of package: $kind" >&2; exit 2 ;;
esac

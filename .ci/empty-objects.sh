#!/bin/sh
# Stands in for a compiler, an archiver and a compiler of resources where nothing is linked: makes an empty file of whatever is to
# be made.
while [ $# -gt 0 ]; do
    case $1 in
    -o | cq*)
        : >"$2"
        shift
        ;;
    /fo*) : >"${1#/fo}" ;;
    -Fo*) : >"${1#-Fo}" ;;
    -out:* | /out:*) : >"${1#?out:}" ;;
    esac
    shift
done

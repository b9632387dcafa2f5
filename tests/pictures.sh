#!/usr/bin/env bash
# The pictures of the docs: every page of the real window, in shot languages and shot themes, on a virtual screen.
#
#   tests/pictures.sh PROGRAM DATA OUT [NAME...]
#
# DATA is a folder of class folders, of which 100 images a class are copied (MedNIST for the pictures in docs/pictures); OUT gets
# <page>.<language>.<theme>.png. With names only those pictures are kept: `tests/pictures.sh target/release/trainscope MedNIST
# docs/pictures live` makes those of the page of plots; LANGUAGES and THEMES choose among the four combinations. Needs Xvfb, openbox,
# xdotool and ImageMagick; takes about half an hour on two cores. The training is a real one, held back by SimulateDelay, which stands for a slow mount, so that there is something to find.
set -euo pipefail

program=$(realpath "$1") data=$(realpath "$2")
mkdir -p "$3"
out=$(realpath "$3")
shift 3
wanted=("$@")

for needed in Xvfb openbox xdotool import convert; do
    command -v "$needed" >/dev/null || { echo "$needed is not installed" >&2; exit 1; }
done

# A plain name, as the pictures show it.
work=/tmp/trainscope
mkdir "$work" || { echo "$work is there: another pictures.sh, or what is left of one" >&2; exit 1; }
pids=()
clean_up() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$work"
}
trap clean_up EXIT

# Words of MedNIST for who reads Chinese.
declare -A chinese=([AbdomenCT]=腹部CT [BreastMRI]=乳腺MRI [ChestCT]=胸部CT [CXR]=胸部X光 [Hand]=手部X光 [HeadCT]=头部CT)

# copy_data LANGUAGE: some images of each class, in folders that are named in that language.
copy_data() {
    local folder=$work/MedNIST
    [ "$1" = zh-CN ] && folder=$work/医学影像
    for class in "$data"/*/; do
        local name
        name=$(basename "$class")
        [ "$1" = zh-CN ] && name=${chinese[$name]:-$name}
        mkdir -p "$folder/$name"
        find "$class" -maxdepth 1 -type f | sort | head -100 | while read -r image; do cp "$image" "$folder/$name/"; done
    done
    echo "$folder"
}

# write_settings STATE EPOCHS: what the window starts from, as it keeps it itself.
write_settings() {
    mkdir -p "$1"
    python3 - "$@" "$theme" <<'PY'
import json, sys
chain = ["LoadImage", "EnsureChannelFirst", "ScaleIntensity", "RandRotate", "RandFlip", "SimulateDelay", "RandZoom"]
steps = [{"name": name} for name in chain]
steps[chain.index("SimulateDelay")]["delay_time"] = 0.04
config = {
    "train": {"device": "cpu", "epochs": int(sys.argv[2])},
    "model": {"name": "small_cnn"},
    "loader": {"workers": 1, "batch_size": 16},
    "transform": steps,
}
words = json.dumps({"config": config, "theme": sys.argv[3]})
open(sys.argv[1] + "/window.ron", "w").write('{"trainscope": %s}' % json.dumps(words))
PY
}

# open_window LANGUAGE SCALE DATA STATE
open_window() {
    exec 5< <(exec Xvfb -displayfd 1 -screen 0 2700x1800x24 -nolisten tcp 2>/dev/null)
    pids+=($!)
    read -r number <&5
    export DISPLAY=:$number
    openbox >/dev/null 2>&1 &
    pids+=($!)
    until xdotool get_num_desktops >/dev/null 2>&1; do sleep 0.2; done
    env -u WAYLAND_DISPLAY -u WAYLAND_SOCKET TRAINSCOPE_STATE_DIR="$4" TRAINSCOPE_LANG="$1" WINIT_X11_SCALE_FACTOR="$2" \
        LIBGL_ALWAYS_SOFTWARE=1 "$program" "$3" 2>/dev/null &
    window_pid=$!
    pids+=($window_pid)
    for _ in $(seq 150); do
        window=$(xdotool search --onlyvisible --name '^trainscope' 2>/dev/null | head -1) && [ -n "$window" ] && break
        sleep 0.2
    done
    scale=$2
    xdotool windowmove "$window" 5 25
    xdotool windowsize "$window" $((1280 * scale)) $((800 * scale))
    sleep 3
}

key() {
    xdotool windowfocus "$window"
    xdotool key "$@"
    sleep 0.7
}

until_title() {
    for _ in $(seq "$2"); do
        [[ $(xdotool getwindowname "$window") =~ $1 ]] && return
        sleep 1
    done
    echo "waited in vain for $1; the title is $(xdotool getwindowname "$window")" >&2
    exit 1
}

# shot NAME: the window as it is; few colours, as it has few.
shot() {
    [[ ${#wanted[@]} -eq 0 || " ${wanted[*]} " == *" $1 "* ]] || return 0
    # Out of the way, so that no hint lies over anything.
    xdotool mousemove 2690 1790
    sleep 0.8
    import -window "$window" "$work/shot.png"
    convert "$work/shot.png" +dither -colors 128 -define png:compression-level=9 "PNG8:$out/$1.$language.$theme$suffix.png"
}

# begin SCALE EPOCHS: a window with the dataset, in that language and theme.
begin() {
    suffix=''
    [ "$1" = 2 ] && suffix=.2x
    if [ "$language" = en ]; then
        training='training, epoch' finished='finished'
    else
        training='训练中' finished='已完成'
    fi
    rm -rf "$work/MedNIST" "$work/医学影像"
    folder=$(copy_data "$language")
    write_settings "$work/state-$language-$theme" "$2"
    open_window "$language" "$1" "$folder" "$work/state-$language-$theme"
}

# A run from the first page to its end, and what is looked at then.
what_was() {
    begin 1 2
    shot welcome
    key ctrl+Return
    until_title "$finished" 300
    sleep 2
    shot finished
    key ctrl+5
    shot results
    key ctrl+6
    sleep 2
    shot runs
    key ctrl+2
    sleep 3
    shot data
    key ctrl+e
    sleep 2
    shot export
    key Escape
    key ctrl+9
    shot settings
    key ctrl+shift+p
    shot palette
    key Escape
    key ctrl+7
    press_at 430 240
    sleep 30
    shot doctor
    key ctrl+8
    press_at 410 320
    # Until each value is told from the others, or its three minutes are over.
    sleep 190
    shot sweeps
    kill "$window_pid"
}

# what_is SCALE: a run while it trains.
what_is() {
    begin "$1" 200
    key ctrl+Return
    until_title "$training" 120
    sleep 25
    shot live
    if [ "$1" = 1 ]; then
        key ctrl+4
        sleep 3
        shot timeline
    fi
    key ctrl+3
    key ctrl+b
    sleep 30
    shot diagnosis
    # A run may go on without its window; this one is not to.
    key ctrl+period
    sleep 5
    kill "$window_pid"
}

# press_at X Y: with the mouse; the places are those of a window of 1280 x 800 with a finished run.
press_at() {
    xdotool mousemove --window "$window" "$1" "$2"
    sleep 0.5
    xdotool click 1
}

for language in ${LANGUAGES:-en zh-CN}; do
    for theme in ${THEMES:-light dark}; do
        what_was
        what_is 2
        what_is 1
    done
done
ls -l "$out" | awk '{ bytes += $5 } END { print NR - 1 " pictures, " bytes / 1048576 " MiB" }'

"""Compares what trainscope and Pillow make of every image in the folders given.

    python -m pip install pillow numpy
    python tests/sweep/compare.py FOLDER... [--program PATH] [--list]

Good folders are the public test images of Pillow (Tests/images), image-rs, zune-image and libjpeg-turbo; none are kept
here. Without `--program` the example `sweep` is built and run by cargo. Only files of the formats that trainscope reads,
told by content, are compared. Values of one channel of more than 8 bits are compared as they are; 16-bit colour, which
Pillow narrows to 8 bits, is narrowed here too.
"""

import argparse
import collections
import io
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import warnings

import numpy
from PIL import Image

MAX_PIXELS = 100_000_000
FORMATS = {"JPEG", "MPO", "PNG", "TIFF", "BMP", "DIB", "WEBP", "GIF", "PPM"}
MAGIC = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"BM", b"GIF87a", b"GIF89a"]


def is_ours(head):
    netpbm = head[:1] == b"P" and head[1:2] in b"1234567" and head[2:3] in b" \t\r\n#"
    webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    return netpbm or webp or any(head.startswith(magic) for magic in MAGIC)


def pillow(data):
    """Rows, columns and three channels, and whether the values are narrowed to 8 bits."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = Image.open(io.BytesIO(data))
        if image.format not in FORMATS:
            raise OSError(f"Pillow takes it for {image.format}")
        image.load()
        if image.mode[0] in "IF":
            values = numpy.asarray(image, dtype=numpy.float64)
            return numpy.repeat(values[..., None], 3, axis=2), image.mode, False
        mode = image.mode
        if mode in ("La", "RGBa"):
            image = image.convert("LA" if mode == "La" else "RGBA")
        return numpy.asarray(image.convert("RGB"), dtype=numpy.float64), mode, True


def ours(command, folder):
    process = subprocess.Popen([*command, str(folder)], stdout=subprocess.PIPE)
    while line := process.stdout.readline():
        found = json.loads(line)
        count = int(numpy.prod(found["shape"]))
        values = numpy.frombuffer(process.stdout.read(4 * count), dtype="<f4").reshape(found["shape"])
        yield found, values.astype(numpy.float64)
    if process.wait() != 0:
        sys.exit(f"{command[0]} ended with {process.returncode}")


def difference(found, values, expected, narrowed, lossy):
    if values.shape[2] == 1:
        values = numpy.repeat(values, 3, axis=2)
    if values.shape != expected.shape:
        return f"shape {values.shape[1]} x {values.shape[0]}, Pillow has {expected.shape[1]} x {expected.shape[0]}"
    if narrowed and found["bits"] != 8:
        values = values / 257
    # 2/255 of the range: of 8 bits, or of what Pillow's values span.
    limit = 2.0 if narrowed else 2 / 255 * max(numpy.nanmax(numpy.abs(expected)), 1e-6)
    apart = numpy.abs(values - expected)
    apart[numpy.isnan(values) & numpy.isnan(expected)] = 0
    apart[values == expected] = 0
    share = (apart.max(axis=2) > limit).mean()
    # JPEG's decoders round each in its own way: of its pixels one in a hundred may be 3 to 6 apart.
    if share > (0.01 if lossy and apart.max() <= 6 else 0):
        return f"pixels: {share:.1%} differ, the most by {numpy.nanmax(apart):.4g}, the mean is {numpy.nanmean(apart):.3g}"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--program", help="the built example `sweep`")
    parser.add_argument("--list", action="store_true", help="every file of a kind, not only the counts")
    arguments = parser.parse_args()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    command = [arguments.program] if arguments.program else ["cargo", "run", "--release", "--quiet", "--example", "sweep", "--"]
    kinds = collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as home:
        originals = {}
        for folder in arguments.folders:
            for path in sorted(p for p in folder.rglob("*") if p.is_file()):
                with path.open("rb") as file:
                    if not is_ours(file.read(16)):
                        continue
                # A folder of its own each, so that nothing hangs on names.
                copy = pathlib.Path(home, f"{len(originals) % 2}", f"{len(originals):05}.bin")
                copy.parent.mkdir(exist_ok=True)
                shutil.copyfile(path, copy)
                originals[str(copy)] = path
        for found, values in ours(command, home):
            path = originals.pop(found["path"])
            data = path.read_bytes()
            try:
                expected, mode, narrowed = pillow(data)
            except Exception as error:  # whatever Pillow raises, it does not read the file
                expected, mode, refusal = None, None, f"{type(error).__name__}: {error}"
            reason = found["decode"] and found["decode"].split(": /")[0]
            if (found["scan"] is None) != (found["decode"] is None):
                kinds["the scan and the decoder disagree"].append((path, found["scan"] or reason))
            if found["decode"] is None and expected is None:
                kinds["read, Pillow refuses"].append((path, refusal))
            elif found["decode"] is None:
                words = difference(found, values, expected, narrowed, b"\xff\xd8\xff" in data)
                kinds["within 2/255" if words is None else "other pixels or shape"].append((path, f"{mode}: {words}"))
            elif expected is None:
                kinds["both refuse"].append((path, reason))
            else:
                kinds["refused, Pillow reads"].append((path, f"{reason} [Pillow: {mode}]"))
        for path in originals.values():
            kinds["not seen by the scan"].append((path, ""))
    print("images:", sum(len(v) for k, v in kinds.items() if "disagree" not in k))
    for kind, files in sorted(kinds.items()):
        print(f"{kind}: {len(files)}")
        shown = kind in ("other pixels or shape", "refused, Pillow reads", "the scan and the decoder disagree", "not seen by the scan")
        if arguments.list or shown:
            for path, words in files:
                print(f"    {path}: {words}")


if __name__ == "__main__":
    main()

"""Writes small images of every kind that people have, with what Pillow makes of them, for `tests/data_kinds.rs`.

    python -m pip install pillow numpy tifffile imagecodecs
    python tests/data/make_images.py tests/data/images.json
    python tests/data/make_images.py --folder DIR --size 131 97    # the files alone, for tests/sweep/compare.py

Made with Pillow 13.0.0 (libjpeg-turbo, libtiff 4.7), tifffile 2026.3.3. `values` are rows of pixels, three channels for
colour; for kinds that Pillow refuses they are those that were written. `refused` is what the reason must hold.
"""

import argparse
import io
import json
import pathlib
import struct
import zlib

import numpy
import tifffile
from PIL import Image, ImageOps

KINDS = {}
# What is written where Pillow does not read it.
WRITTEN = {}
REFUSED = {}
# How Pillow turns those that have an EXIF orientation.
UPRIGHT = {}
# JPEGs to be decoded at a part of their size: by divisor the mean error of libjpeg's own against the box filter.
SCALED = {}


def picture(width, height, channels=3):
    """Smooth with some texture, as 0 to 1."""
    y, x = numpy.mgrid[0:height, 0:width].astype(float)
    planes = []
    for c in range(channels):
        wave = numpy.sin(x / (3 + c) + c) * numpy.cos(y / (4 - c % 3)) + 0.3 * numpy.sin((x * y + 7 * c) / 11)
        planes.append((wave / 2.6 + 0.5) * 0.9 + 0.1 * (x + y) / (width + height))
    return numpy.clip(numpy.stack(planes, -1), 0, 1)


def as_type(values, dtype):
    dtype = numpy.dtype(dtype)
    if dtype.kind == "f":
        return (values * 3 - 1).astype(dtype)
    info = numpy.iinfo(dtype)
    top = min(info.max, 2**31 - 1)
    return (values * (top - info.min) + info.min).astype(dtype)


# JPEG: an encoder that puts components into any scans.

ORDER = sorted(range(64), key=lambda i: (i // 8 + i % 8, (i // 8 if (i // 8 + i % 8) % 2 else i % 8)))
COSINE = numpy.array([[(0.125 if u == 0 else 0.25) ** 0.5 * numpy.cos((2 * x + 1) * u * numpy.pi / 16) for x in range(8)] for u in range(8)])
# Every run and size has a code of 8 bits but the last ones: simple and complete enough.
DC_SYMBOLS = list(range(12))
AC_SYMBOLS = [0, 0xF0] + [run << 4 | size for run in range(16) for size in range(1, 11)]


class Writer:
    def __init__(self):
        self.text = []

    def put(self, value, bits):
        if bits:
            self.text.append(format(value, f"0{bits}b"))

    def data(self):
        text = "".join(self.text)
        text += "1" * (-len(text) % 8)
        raw = bytes(int(text[i : i + 8], 2) for i in range(0, len(text), 8))
        return raw.replace(b"\xff", b"\xff\0")


def table(kind, symbols):
    bits = 4 if kind == 0 else 8
    counts = [0] * 16
    counts[bits - 1] = len(symbols)
    if len(symbols) >= 1 << bits:
        raise ValueError("too many symbols")
    return bytes([kind]) + bytes(counts) + bytes(symbols), {s: (i, bits) for i, s in enumerate(symbols)}


def segment(marker, body):
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def jpeg(planes, sampling, scans, restart=0, head=b"", end=True):
    """`planes`: components of the picture's size, 0 to 255."""
    height, width = planes[0].shape
    most_h, most_v = max(h for h, _ in sampling), max(v for _, v in sampling)
    step = numpy.full(64, 3)
    blocks = []
    for plane, (h, v) in zip(planes, sampling):
        down, across = most_v // v, most_h // h
        rows, columns = -(-height // (8 * most_v)) * 8 * most_v, -(-width // (8 * most_h)) * 8 * most_h
        plane = numpy.pad(plane, ((0, rows - height), (0, columns - width)), mode="edge")
        plane = plane.reshape(rows // down, down, columns // across, across).mean((1, 3)) - 128
        tiles = plane.reshape(plane.shape[0] // 8, 8, -1, 8).transpose(0, 2, 1, 3)
        tiles = numpy.einsum("vy,abyx,ux->abvu", COSINE, tiles, COSINE).reshape(tiles.shape[0], tiles.shape[1], 64)
        blocks.append(numpy.rint(tiles[..., ORDER] / step).astype(int))
    dc_body, dc = table(0, DC_SYMBOLS)
    ac_body, ac = table(0x10, AC_SYMBOLS)
    out = b"\xff\xd8" + head + segment(0xDB, b"\0" + bytes(step.tolist()))
    frame = b"".join(bytes([i + 1, h << 4 | v, 0]) for i, (h, v) in enumerate(sampling))
    out += segment(0xC0, struct.pack(">BHHB", 8, height, width, len(planes)) + frame)
    out += segment(0xC4, dc_body) + segment(0xC4, ac_body)
    if restart:
        out += segment(0xDD, struct.pack(">H", restart))

    def number(writer, value):
        size = abs(value).bit_length()
        writer.put(value if value >= 0 else value + (1 << size) - 1, size)

    def write(writer, block, before):
        difference = int(block[0]) - before
        writer.put(*dc[abs(difference).bit_length()])
        number(writer, difference)
        run = 0
        for value in map(int, block[1:]):
            if value == 0:
                run += 1
                continue
            for _ in range(run // 16):
                writer.put(*ac[0xF0])
            writer.put(*ac[run % 16 << 4 | abs(value).bit_length()])
            number(writer, value)
            run = 0
        if run:
            writer.put(*ac[0])
        return int(block[0])

    for scan in scans:
        out += segment(0xDA, bytes([len(scan)]) + b"".join(bytes([i + 1, 0]) for i in scan) + b"\0\x3f\0")
        units = []
        if len(scan) == 1:
            h, v = sampling[scan[0]]
            own_rows, own_columns = -(-(-(-height * v // most_v)) // 8), -(-(-(-width * h // most_h)) // 8)
            units = [[(scan[0], y, x)] for y in range(own_rows) for x in range(own_columns)]
        else:
            for y in range(-(-height // (8 * most_v))):
                for x in range(-(-width // (8 * most_h))):
                    unit = []
                    for i in scan:
                        h, v = sampling[i]
                        unit += [(i, y * v + b, x * h + a) for b in range(v) for a in range(h)]
                    units.append(unit)
        step_units = restart or len(units)
        for n, first in enumerate(range(0, len(units), step_units)):
            if n:
                out += bytes([0xFF, 0xD0 + (n - 1) % 8])
            writer, before = Writer(), dict.fromkeys(scan, 0)
            for unit in units[first : first + step_units]:
                for i, y, x in unit:
                    before[i] = write(writer, blocks[i][y, x], before[i])
            out += writer.data()
    return out + (b"\xff\xd9" if end else b"")


def adobe(transform):
    return segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([transform]))


def jpegs(width, height):
    jfif = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    rgb = picture(width, height)
    ycc = numpy.asarray(Image.fromarray(as_type(rgb, "u1")).convert("YCbCr")).astype(float)
    planes = [ycc[..., i] for i in range(3)]
    samplings = {
        "444": [(1, 1)] * 3, "422": [(2, 1), (1, 1), (1, 1)], "420": [(2, 2), (1, 1), (1, 1)],
        "440": [(1, 2), (1, 1), (1, 1)], "411": [(4, 1), (1, 1), (1, 1)], "410": [(4, 2), (1, 1), (1, 1)],
        "mixed": [(2, 2), (2, 1), (1, 2)], "luma_smaller": [(1, 1), (2, 2), (2, 2)],
    }
    scans = {"one": [[0, 1, 2]], "each": [[0], [1], [2]], "two": [[0], [1, 2]], "order": [[2], [0], [1]]}
    for name, sampling in samplings.items():
        for way, scan in scans.items():
            for restart in (0, 3) if way in ("one", "each") else (0,):
                KINDS[f"jpeg_{name}_{way}_r{restart}.jpg"] = jpeg(planes, sampling, scan, restart, jfif)
    gray = [as_type(picture(width, height, 1), "u1")[..., 0].astype(float)]
    KINDS["jpeg_gray.jpg"] = jpeg(gray, [(1, 1)], [[0]], 0, jfif)
    KINDS["jpeg_gray_22_r3.jpg"] = jpeg(gray, [(2, 2)], [[0]], 3, jfif)
    four = [255 * picture(width, height, 4)[..., i] for i in range(4)]
    for name, head in (("plain", b""), ("adobe", adobe(0)), ("ycck", adobe(2))):
        for way, scan in (("one", [[0, 1, 2, 3]]), ("each", [[0], [1], [2], [3]])):
            KINDS[f"jpeg_cmyk_{name}_{way}.jpg"] = jpeg(four, [(1, 1)] * 4, scan, 0, head)
    KINDS["jpeg_ycck_420.jpg"] = jpeg(four, [(2, 2), (1, 1), (1, 1), (2, 2)], [[0, 1, 2, 3]], 2, adobe(2))
    KINDS["jpeg_rgb_adobe.jpg"] = jpeg([255 * rgb[..., i] for i in range(3)], [(1, 1)] * 3, [[0, 1, 2]], 0, adobe(0))
    plain = jpeg(planes, samplings["420"], [[0, 1, 2]], 0, jfif)
    KINDS["jpeg_no_end.jpg"] = plain[:-2]
    KINDS["jpeg_no_end_each.jpg"] = jpeg(planes, samplings["420"], scans["each"], 0, jfif, end=False)
    image = Image.fromarray(as_type(rgb, "u1"))
    for sub in (0, 1, 2):
        KINDS[f"jpeg_progressive_{sub}.jpg"] = saved(image, "JPEG", quality=90, progressive=True, subsampling=sub)
    KINDS["jpeg_progressive_gray.jpg"] = saved(image.convert("L"), "JPEG", quality=90, progressive=True)
    KINDS["jpeg_progressive_cmyk.jpg"] = saved(image.convert("CMYK"), "JPEG", quality=90, progressive=True)
    for name, cut in (("cut", len(plain) * 2 // 3), ("cut_late", len(plain) - 12)):
        refused(f"jpeg_{name}.jpg", plain[:cut], "cut off")
        refused(f"jpeg_{name}_end.jpg", plain[:cut] + b"\xff\xd9", "cut off")
    progressive = KINDS["jpeg_progressive_0.jpg"]
    refused("jpeg_progressive_cut.jpg", progressive[: len(progressive) // 2], "cut off")
    twelve = bytearray(KINDS["jpeg_gray.jpg"])
    twelve[twelve.index(b"\xff\xc0") + 4] = 12
    refused("jpeg_12_bit.jpg", bytes(twelve), "12 bits")
    arithmetic = bytearray(KINDS["jpeg_gray.jpg"])
    arithmetic[arithmetic.index(b"\xff\xc0") + 1] = 0xC9
    refused("jpeg_arithmetic.jpg", bytes(arithmetic), "arithmetic")


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def refused(name, data, reason):
    KINDS[name] = data
    REFUSED[name] = reason


# TIFF.


def raw_tiff(tags, strips, endian="<"):
    """A TIFF of these tags (number: (type, values)) and strips or tiles, whose places it fills in."""
    codes = {3: "H", 4: "I", 1: "B", 7: "B"}
    places = 324 if 322 in tags else 273
    tags = {**tags, places: (4, [0] * len(strips)), places + (1 if places == 324 else 6): (4, [len(s) for s in strips])}
    at = 8 + 2 + 12 * len(tags) + 4
    later = b""
    entries = []
    for pack in (False, True):
        entries, later = [], b""
        for tag, (kind, values) in sorted(tags.items()):
            raw = struct.pack(endian + str(len(values)) + codes[kind], *values)
            if len(raw) > 4:
                entries.append(struct.pack(endian + "HHII", tag, kind, len(values), at + len(later)))
                later += raw + b"\0" * (len(raw) % 2)
            else:
                entries.append(struct.pack(endian + "HHI", tag, kind, len(values)) + raw.ljust(4, b"\0"))
        begin, where = at + len(later), []
        for strip in strips:
            where.append(begin)
            begin += len(strip)
        tags[places] = (4, where)
    head = (b"II*\0" if endian == "<" else b"MM\0*") + struct.pack(endian + "I", 8)
    return head + struct.pack(endian + "H", len(tags)) + b"".join(entries) + b"\0\0\0\0" + later + b"".join(strips)


def packed(values, bits):
    """Rows of samples, bit after bit, each row filled up to a byte."""
    rows = []
    for row in values.reshape(len(values), -1):
        text = "".join(format(int(v), f"0{bits}b") for v in row)
        text += "0" * (-len(text) % 8)
        rows.append(bytes(int(text[i : i + 8], 2) for i in range(0, len(text), 8)))
    return b"".join(rows)


def reversed_bits(data):
    return bytes(int(format(byte, "08b")[::-1], 2) for byte in data)


def tiffs(width, height):
    size = {256: (4, [width]), 257: (4, [height])}
    one, three = picture(width, height, 1)[..., 0], picture(width, height)

    def tags(bits, photometric, samples=1, **more):
        known = {258: (3, [bits] * samples), 262: (3, [photometric]), 277: (3, [samples]), 259: (3, [1])}
        return {**size, **known, **{int(k[1:]): v for k, v in more.items()}}

    for bits in (1, 2, 4, 12):
        data = packed(numpy.floor(one * (2**bits - 1) + 0.5), bits)
        for photometric in (0, 1):
            KINDS[f"tiff_{bits}_bit_{photometric}.tif"] = raw_tiff(tags(bits, photometric), [data])
        if bits < 12:
            reversed_ = raw_tiff(tags(bits, 1, t266=(3, [2])), [reversed_bits(data)])
            KINDS[f"tiff_{bits}_bit_reversed.tif"] = reversed_
            colours = [(i * 37 * 257 + c * 9000) % 65536 for c in range(3) for i in range(2**bits)]
            KINDS[f"tiff_{bits}_bit_palette.tif"] = raw_tiff(tags(bits, 3, t320=(3, colours)), [data])
        else:
            WRITTEN["tiff_12_bit_0.tif"] = numpy.floor(one * 4095 + 0.5)
    gray8 = as_type(one, "u1")
    rgb8 = as_type(three, "u1")
    KINDS["tiff_rgb_reversed.tif"] = raw_tiff(tags(8, 2, 3, t266=(3, [2])), [reversed_bits(rgb8.tobytes())])
    KINDS["tiff_16_bit_0.tif"] = raw_tiff(tags(16, 0), [as_type(one, "<u2").tobytes()])
    KINDS["tiff_no_counts.tif"] = raw_tiff(tags(8, 1), [gray8.tobytes()]).replace(
        struct.pack("<HHI", 279, 4, 1), struct.pack("<HHI", 65000, 4, 1)
    )
    for orientation in range(1, 9):
        tag = (3, [orientation])
        KINDS[f"tiff_orientation_{orientation}.tif"] = raw_tiff(tags(8, 2, 3, t274=tag), [rgb8.tobytes()])
    alpha = as_type(picture(width, height, 4), "u1")
    for kind in (0, 1, 2):
        extra = (3, [kind])
        KINDS[f"tiff_rgba_{kind}.tif"] = raw_tiff(tags(8, 2, 4, t338=extra), [alpha.tobytes()])
        if kind != 1:
            KINDS[f"tiff_la_{kind}.tif"] = raw_tiff(tags(8, 1, 2, t338=extra), [alpha[..., 2:].tobytes()])
    KINDS["tiff_cmyk.tif"] = raw_tiff(tags(8, 5, 4), [alpha.tobytes()])
    for h, v in ((1, 1), (2, 1), (2, 2), (4, 2)):
        ycc = numpy.asarray(Image.fromarray(rgb8).convert("YCbCr"))
        ycc = numpy.pad(ycc, ((0, -height % v), (0, -width % h), (0, 0)), mode="edge")
        units = ycc.reshape(ycc.shape[0] // v, v, ycc.shape[1] // h, h, 3).transpose(0, 2, 1, 3, 4)
        lumas = units[..., 0].reshape(units.shape[0], units.shape[1], h * v)
        data = numpy.concatenate([lumas, units[:, :, 0, 0, 1:]], -1).astype("u1").tobytes()
        more = tags(8, 6, 3, t530=(3, [h, v]), t278=(4, [height]))
        more[259] = (3, [8])
        KINDS[f"tiff_ycbcr_{h}{v}.tif"] = raw_tiff(more, [zlib.compress(data)])
    for number, word in ((6, "old-style JPEG"), (34712, "JPEG 2000"), (34887, "LERC")):
        more = tags(8, 1)
        more[259] = (3, [number])
        refused(f"tiff_compression_{number}.tif", raw_tiff(more, [gray8.tobytes()]), word)
    refused("tiff_lab.tif", raw_tiff(tags(8, 8, 3), [rgb8.tobytes()]), "L*a*b*")
    refused("tiff_cut.tif", raw_tiff(tags(8, 1), [gray8.tobytes()])[:-9], "cut off")
    compressions = [None, "lzw", "zlib", "packbits", "zstd", "lzma"]
    for dtype in ("u1", "i1", "u2", ">u2", "i2", ">i2", "i4", ">i4", "u4", "f4", ">f4", "f8", "f2"):
        values = as_type(one, dtype)
        colour = as_type(three, dtype)
        endian = ">" if dtype.startswith(">") else "<"
        name = dtype.replace(">", "big_")
        for compression in compressions:
            for predictor in (False, True):
                if predictor and compression in (None, "packbits"):
                    continue
                if compression in ("lzma", "zstd", "packbits") and dtype not in ("u1", "u2", ">u2", "f4", "i4"):
                    continue
                options = dict(compression=compression, predictor=predictor, byteorder=endian)
                way = f"{compression}{'_predictor' if predictor else ''}"
                add_tiff(f"tiff_{name}_{way}.tif", values, photometric="minisblack", **options)
                if dtype in ("u1", "u2", ">u2", "f4") and (predictor or compression in (None, "zstd")):
                    add_tiff(f"tiff_rgb_{name}_{way}.tif", colour, photometric="rgb", **options)
        for planar in ("contig", "separate") if dtype in ("u1", "u2", ">u2", ">f4") else ():
            tiles = dict(photometric="rgb", planarconfig=planar, byteorder=endian)
            pixels = colour if planar == "contig" else colour.transpose(2, 0, 1)
            add_tiff(f"tiff_rgb_{name}_{planar}_tiles.tif", pixels, tile=(16, 32), compression="lzw", written=colour, **tiles)
            add_tiff(f"tiff_rgb_{name}_{planar}_strips.tif", pixels, rowsperstrip=4, written=colour, **tiles)
        add_tiff(f"tiff_{name}_tiles.tif", values, photometric="minisblack", tile=(16, 16), byteorder=endian)
    add_tiff("tiff_big.tif", rgb8, photometric="rgb", bigtiff=True)
    add_tiff("tiff_jpeg_gray.tif", gray8, photometric="minisblack", compression="jpeg")
    for sub in ((1, 1), (2, 1), (2, 2)):
        add_tiff(f"tiff_jpeg_ycbcr_{sub[0]}{sub[1]}.tif", rgb8, photometric="ycbcr", compression="jpeg",
                 subsampling=sub, tile=(16, 16))
    add_tiff("tiff_jpeg_rgb.tif", rgb8, photometric="rgb", compression="jpeg", rowsperstrip=8)
    image = Image.fromarray(rgb8)
    palette = image.quantize(40)
    black = Image.fromarray(gray8).convert("1")
    for compression in ("raw", "tiff_ccitt", "group3", "group4", "tiff_lzw", "packbits"):
        KINDS[f"tiff_pil_1_{compression}.tif"] = saved(black, "TIFF", compression=compression)
    KINDS["tiff_pil_1_group3_2d.tif"] = saved(black, "TIFF", compression="group3", tiffinfo={292: 1})
    for compression in ("raw", "tiff_lzw", "jpeg", "zstd", "lzma", "tiff_adobe_deflate"):
        KINDS[f"tiff_pil_rgb_{compression}.tif"] = saved(image, "TIFF", compression=compression)
        if compression != "jpeg":
            KINDS[f"tiff_pil_p_{compression}.tif"] = saved(palette, "TIFF", compression=compression)
    KINDS["tiff_pil_ycbcr_jpeg.tif"] = saved(image.convert("YCbCr"), "TIFF", compression="jpeg")
    KINDS["tiff_pil_cmyk_lzw.tif"] = saved(image.convert("CMYK"), "TIFF", compression="tiff_lzw")
    KINDS["tiff_pil_pages.tif"] = saved(image, "TIFF", save_all=True, append_images=[image.rotate(90)])


def add_tiff(name, values, written=None, **options):
    out = io.BytesIO()
    predictor = options.pop("predictor", False)
    if predictor:
        options["predictor"] = True
    sub = options.pop("subsampling", None)
    if sub:
        options["subsampling"] = sub
    tifffile.imwrite(out, values, metadata=None, **options)
    KINDS[name] = out.getvalue()
    if options.get("compression") != "jpeg":
        WRITTEN[name] = (values if written is None else written).astype(float)


# The others.


def others(width, height):
    rgb8 = as_type(picture(width, height), "u1")
    image = Image.fromarray(rgb8)
    second = Image.fromarray(255 - rgb8)
    palette = image.quantize(60)
    for name, picture_ in (("rgb", image), ("p", palette), ("l", image.convert("L"))):
        png = saved(picture_, "PNG")
        KINDS[f"png_{name}.png"] = png
        KINDS[f"png_{name}_no_iend.png"] = png[:-12]
        KINDS[f"png_{name}_iend_cut.png"] = png[:-3]
        KINDS[f"png_{name}_no_sum.png"] = png[:-14]
        refused(f"png_{name}_cut.png", png[: len(png) * 2 // 3], "cut off")
    KINDS["png_animated.png"] = saved(image, "PNG", save_all=True, append_images=[second], duration=50)
    KINDS["png_animated_apart.png"] = saved(image, "PNG", save_all=True, append_images=[second, image], default_image=True, duration=50)
    gif = saved(palette, "GIF")
    KINDS["gif.gif"] = gif
    KINDS["gif_interlaced.gif"] = saved(palette, "GIF", interlace=1)
    KINDS["gif_animated.gif"] = saved(image, "GIF", save_all=True, append_images=[second], duration=50, loop=0)
    for transparent in (False, True):
        clear = saved(palette, "GIF", transparency=3) if transparent else gif
        larger = bytearray(clear)
        larger[6:10] = struct.pack("<HH", width + 9, height + 6)
        at = larger.index(b"," + struct.pack("<HHHH", 0, 0, width, height))
        larger[at + 1 : at + 5] = struct.pack("<HH", 4, 3)
        KINDS[f"gif_on_canvas_{transparent}.gif"] = bytes(larger)
        smaller = bytearray(clear)
        smaller[6:10] = struct.pack("<HH", width - 5, height - 4)
        KINDS[f"gif_beyond_canvas_{transparent}.gif"] = bytes(smaller)
    KINDS["gif_no_end.gif"] = gif[:-1]
    refused("gif_cut.gif", gif[: len(gif) * 2 // 3], "cut off")
    KINDS["webp.webp"] = saved(image, "WEBP", lossless=True)
    KINDS["webp_lossy.webp"] = saved(image, "WEBP", quality=90)
    KINDS["webp_animated.webp"] = saved(image, "WEBP", save_all=True, append_images=[second], lossless=True, duration=50)
    see_through = Image.fromarray(as_type(picture(width, height, 4), "u1"))
    KINDS["webp_animated_rgba.webp"] = saved(see_through, "WEBP", save_all=True, append_images=[see_through.rotate(180)], lossless=True, exact=True)
    webp = KINDS["webp.webp"]
    refused("webp_cut.webp", webp[: len(webp) * 2 // 3], "cut off")
    for mode in ("1", "L", "P", "RGB"):
        KINDS[f"bmp_{mode}.bmp"] = saved(palette if mode == "P" else image.convert(mode), "BMP")

    def bmp(bits, compression, palette, data, masks=b"", rows=height):
        head = struct.pack("<IiiHHIIiiII", 40, width, rows, 1, bits, compression, len(data), 0, 0, len(palette) // 4, 0)
        offset = 14 + len(head) + len(masks) + len(palette)
        return b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + head + masks + palette + data

    colours = b"".join(bytes([i * 13 % 256, i * 7 % 256, 255 - i, 0]) for i in range(16))
    indices = numpy.floor(picture(width, height, 1)[..., 0] * 15.99).astype(int)
    runs8 = runs4 = b""
    for y, row in enumerate(indices):
        body8 = bytes(v for index in row for v in (1, index))
        body4 = bytes(v for index in row for v in (1, index << 4))
        if y % 3 == 1:  # one run, then nothing up to the end
            body8, body4 = bytes([width // 2, row[0]]), bytes([width // 2, row[0] << 4 | row[1]])
        if y % 3 == 2:  # literal pixels, then a skip
            n = 5
            body8 = bytes([0, n, *row[:n], 0]) + bytes([0, 2, width - n, 0]) if y + 1 < height else bytes([width, row[0]])
            body4 = bytes([0, n, *(row[i] << 4 | row[i + 1] for i in range(0, n, 2)), 0])
        runs8 += body8 + b"\0\0"
        runs4 += body4 + b"\0\0"
    KINDS["bmp_rle8.bmp"] = bmp(8, 1, colours, runs8 + b"\0\1")
    KINDS["bmp_rle4.bmp"] = bmp(4, 2, colours, runs4 + b"\0\1")
    padded = numpy.pad(rgb8, ((0, 0), (0, width % 2), (0, 0)))[::-1].astype(int)
    five = padded[..., 0] >> 3 << 11 | padded[..., 1] >> 2 << 5 | padded[..., 2] >> 3
    KINDS["bmp_565.bmp"] = bmp(16, 3, b"", five.astype("<u2").tobytes(), struct.pack("<III", 0xF800, 0x7E0, 0x1F))
    five = padded[..., 0] >> 3 << 10 | padded[..., 1] >> 3 << 5 | padded[..., 2] >> 3
    KINDS["bmp_555.bmp"] = bmp(16, 0, b"", five.astype("<u2").tobytes())
    flipped = rgb8[::-1].astype(int)
    eight = flipped[..., 0] << 24 | flipped[..., 1] << 16 | flipped[..., 2] << 8
    masks = struct.pack("<III", 0xFF000000, 0xFF0000, 0xFF00)
    KINDS["bmp_8888.bmp"] = bmp(32, 3, b"", eight.astype("<u4").tobytes(), masks)
    down = rgb8[..., ::-1]
    stride = b"".join(row.tobytes().ljust((width * 3 + 3) // 4 * 4, b"\0") for row in down)
    KINDS["bmp_top_down.bmp"] = bmp(24, 0, b"", stride, rows=-height)
    refused("bmp_cut.bmp", bmp(24, 0, b"", stride)[:-20], "cut off")
    refused("bmp_jpeg.bmp", bmp(24, 4, b"", stride), "compression JPEG")
    for mode in ("1", "L", "RGB"):
        KINDS[f"pnm_{mode}.ppm"] = saved(image.convert(mode), "PPM")


def turned(width, height):
    image = Image.fromarray(as_type(picture(width, height), "u1"))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[271] = "a maker whose name is too long to stand in the entry itself"
        exif[274] = orientation
        for kind in ("JPEG", "PNG", "WEBP") if orientation in (1, 6) else ("JPEG",):
            name = f"exif_{orientation}.{kind.lower()}"
            options = dict(quality=95, subsampling=0) if kind == "JPEG" else dict(lossless=True)
            KINDS[name] = saved(image, kind, exif=exif, **options)
            UPRIGHT[name] = ImageOps.exif_transpose(Image.open(io.BytesIO(KINDS[name])))


def scaled():
    smooth = picture(96, 64)
    noise = numpy.random.default_rng(1).random((64, 96, 3))
    y, x = numpy.mgrid[0:64, 0:96]
    red_and_green = numpy.stack([(x // 2 + y // 3) % 2, (x // 2 + y // 3 + 1) % 2, x % 2], -1) * 0.9
    for name, values in (("smooth", smooth), ("noise", 0.5 * noise + 0.5 * smooth), ("colours", red_and_green)):
        for subsampling in (0, 1, 2):
            data = saved(Image.fromarray(as_type(values, "u1")), "JPEG", quality=90, subsampling=subsampling)
            whole = Image.open(io.BytesIO(data))
            errors = {}
            for divisor in (4, 8):
                small = Image.open(io.BytesIO(data))
                small.draft("RGB", (96 // divisor, 64 // divisor))
                box = whole.convert("RGB").reduce(divisor)
                apart = numpy.asarray(small, dtype=float) - numpy.asarray(box, dtype=float)
                errors[divisor] = round(float(numpy.abs(apart).mean()), 3)
            SCALED[f"{name}_{subsampling}"] = {"file": data.hex(), "errors": errors}


def expected(name, data):
    """`[mode, values]` of rows of pixels."""
    if name in REFUSED:
        return None, None
    if name.startswith("jpeg_no_end"):
        data += b"\xff\xd9"  # Pillow's decoder may wait for it, though it has no pixel
    try:
        image = Image.open(io.BytesIO(data))
        image.load()
    except Exception:  # Pillow does not read it: what was written counts
        return "written", WRITTEN[name]
    if name.startswith(("tiff_big_i", "tiff_big_f")):  # Pillow 13 swaps the bytes of those that are compressed
        return "written", WRITTEN[name]
    if image.mode[0] in "IF":
        return image.mode, numpy.asarray(image, dtype=float)
    if image.mode == "RGBa":
        image = image.convert("RGBA")
    # 16-bit colour, which Pillow narrows, stays as it was written.
    if name in WRITTEN and WRITTEN[name].max() > 255:
        return "written", WRITTEN[name]
    return image.mode, numpy.asarray(image.convert("L" if image.mode in ("1", "L", "LA") else "RGB"), dtype=float)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", nargs="?", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--size", nargs=2, type=int, default=[17, 11])
    arguments = parser.parse_args()
    for make in (jpegs, tiffs, others, turned):
        make(*arguments.size)
    if arguments.folder:
        for name, data in KINDS.items():
            pathlib.Path(arguments.folder, name).write_bytes(data)
        return
    scaled()
    images, pictures = [], {}

    def index_of(values):
        values = numpy.asarray(values, dtype=float)
        if values.min() >= 0 and values.max() <= 255 and (values == values.astype(int)).all():
            known = {"shape": list(values.shape), "bytes": values.astype("u1").tobytes().hex()}
        else:
            floats = [float(f"{v:.7g}") if v % 1 else int(v) for v in values.ravel().tolist()]
            known = {"shape": list(values.shape), "floats": floats}
        return pictures.setdefault(json.dumps(known), len(pictures))

    for name, data in KINDS.items():
        mode, values = expected(name, data)
        image = {"name": name, "file": data.hex()}
        if values is None:
            image["refused"] = REFUSED[name]
        else:
            image |= {"mode": mode, "picture": index_of(values)}
        if name in UPRIGHT:
            image["upright"] = index_of(UPRIGHT[name])
        images.append(image)
    lines = ",\n".join(json.dumps(image) for image in images)
    shown = ",\n".join(pictures)
    arguments.out.write_text(f'{{"pictures": [\n{shown}\n],\n"images": [\n{lines}\n],\n"scaled": {json.dumps(SCALED)}}}\n')


if __name__ == "__main__":
    main()

"""Writes the small files of this folder, and what pydicom and nibabel read in them (expected.json).

    pip install pydicom nibabel numpy pillow python-gdcm pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg
    python make.py

Made with pydicom 3.0, nibabel 5.4, numpy 2.4, Pillow 13.0, python-gdcm 3.2. Values of gray DICOM files are rescaled by the
arithmetic of MONAI's PydicomReader: `pixel_array.astype(float32) * slope + intercept`.
"""
import gzip, io, json, os, subprocess, sys, warnings
import nibabel as nib, numpy as np, pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_color_lut, apply_windowing
from pydicom.sequence import Sequence
from pydicom.uid import (UID, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ExplicitVRLittleEndian,
                         ImplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit, RLELossless)

warnings.filterwarnings("ignore")
os.chdir(os.path.dirname(os.path.abspath(__file__)))
rng = np.random.default_rng(7)
expected = {}


def smooth(rows, columns, low, high):
    y, x = np.mgrid[0:rows, 0:columns]
    wave = np.sin(x / columns * 5) + np.cos(y / rows * 4) + 0.2 * rng.standard_normal((rows, columns))
    wave = (wave - wave.min()) / (wave.max() - wave.min())
    return np.round(low + wave * (high - low)).astype(np.int64)


def dicom(syntax=ExplicitVRLittleEndian, **elements):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.7")
    meta.MediaStorageSOPInstanceUID = UID("1.2.826.0.1.3680043.8.498.1")
    meta.TransferSyntaxUID = syntax
    data = Dataset()
    data.file_meta = meta
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    for name, value in elements.items():
        setattr(data, name, value)
    return data


def pixels(data, array, photometric="MONOCHROME2", bits=None, stored=None, frames=None):
    bits = bits or array.dtype.itemsize * 8
    colour = array.ndim - (1 if frames else 0) == 3
    data.Rows, data.Columns = array.shape[1:3] if frames else array.shape[:2]
    data.SamplesPerPixel = 3 if colour else 1
    data.PhotometricInterpretation = photometric
    if colour:
        data.PlanarConfiguration = 0
    if frames:
        data.NumberOfFrames = frames
    data.BitsAllocated, data.BitsStored = bits, stored or bits
    data.HighBit = data.BitsStored - 1
    data.PixelRepresentation = 1 if array.dtype.kind == "i" else 0
    order = ">" if data.file_meta.TransferSyntaxUID == ExplicitVRBigEndian else "<"
    data.PixelData = array.astype(array.dtype.newbyteorder(order)).tobytes()
    data["PixelData"].VR = "OW" if bits > 8 else "OB"
    return data


def save(name, data, tolerance=0.0):
    data.save_as(name, enforce_file_format=True)
    read = pydicom.dcmread(name)
    array = read.pixel_array
    if read.PhotometricInterpretation == "PALETTE COLOR":
        array = apply_color_lut(array, read)
    if "RescaleSlope" in read:
        array = array.astype(np.float32) * read.RescaleSlope + read.RescaleIntercept
    frames = int(read.get("NumberOfFrames", 1) or 1)
    pages = array if frames > 1 else array[None]
    expected[name] = {"pages": [page.astype(float).ravel().tolist() for page in pages], "shape": list(pages.shape[1:]),
                      "tolerance": tolerance}


ct = smooth(9, 7, 0, 3000).astype(np.int16)
ct[0, 0], ct[8, 6] = -2000, 2047 + 1000
windowed = dict(RescaleSlope="1", RescaleIntercept="-1024", WindowCenter=["40", "300"], WindowWidth=["400", "1500"])
save("ct.dcm", pixels(dicom(PatientID="P 7 ", **windowed), ct, stored=16))
# A third of a unit a step, and bits above the stored ones that are an overlay's.
twelve = smooth(5, 6, 0, 4095).astype(np.uint16)
data = pixels(dicom(ImplicitVRLittleEndian, RescaleSlope="0.333", RescaleIntercept="-17.5"), twelve | 0x8000, stored=12)
save("twelve_bits.dcm", data)
save("signed_twelve_bits.dcm", pixels(dicom(), (smooth(5, 6, -2048, 2047) & 0xfff).astype(np.int16), stored=12))
save("mono1.dcm", pixels(dicom(ImplicitVRLittleEndian), smooth(6, 5, 0, 255).astype(np.uint8), "MONOCHROME1"))
save("big_endian.dcm", pixels(dicom(ExplicitVRBigEndian), smooth(4, 9, 0, 65535).astype(np.uint16)))
save("deflated.dcm", pixels(dicom(DeflatedExplicitVRLittleEndian), smooth(16, 16, 0, 999).astype(np.uint16)))
save("wide.dcm", pixels(dicom(), smooth(4, 4, 0, 2**31).astype(np.uint32)))

rgb = np.stack([smooth(6, 8, 0, 255), smooth(6, 8, 20, 200), smooth(6, 8, 100, 255)], -1).astype(np.uint8)
data = pixels(dicom(), rgb, "RGB")
data.PlanarConfiguration, data.PixelData = 1, rgb.transpose(2, 0, 1).tobytes()
save("rgb_planes.dcm", data)
save("rgb16.dcm", pixels(dicom(), rgb.astype(np.uint16) * 257, "RGB"))
save("ybr.dcm", pixels(dicom(), rgb, "YBR_FULL"))
data = pixels(dicom(), rgb, "YBR_FULL_422")
pairs = rgb.reshape(6, 4, 2, 3)
data.PixelData = np.stack([pairs[:, :, 0, 0], pairs[:, :, 1, 0], pairs[:, :, 0, 1], pairs[:, :, 0, 2]], -1).tobytes()
save("ybr_422.dcm", data)

data = pixels(dicom(), smooth(6, 6, 0, 70).astype(np.uint8), "PALETTE COLOR")
for channel, table in zip(("Red", "Green", "Blue"), (np.arange(64) * 1000, 65535 - np.arange(64) * 900, np.arange(64)**2)):
    setattr(data, f"{channel}PaletteColorLookupTableDescriptor", [64, 3, 16])
    setattr(data, f"{channel}PaletteColorLookupTableData", table.astype("<u2").tobytes())
save("palette.dcm", data)

film = np.stack([smooth(5, 7, 0, 1000 * k + 50) for k in range(1, 4)]).astype(np.uint16)
save("film.dcm", pixels(dicom(), film, frames=3))
data = pixels(dicom(), np.stack([rgb, 255 - rgb]), "RGB", frames=2)
data.compress(RLELossless)
save("rle_film.dcm", data)
data = pixels(dicom(), smooth(12, 10, 0, 4000).astype(np.int16))
data.compress(RLELossless)
save("rle16.dcm", data)


def stream(image, **options):
    out = io.BytesIO()
    image.save(out, **options)
    return out.getvalue()


def encapsulated(name, syntax, data, streams, tolerance, offsets=True):
    data.file_meta.TransferSyntaxUID = syntax
    data.PixelData = encapsulate(streams, has_bot=offsets)
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True
    save(name, data, tolerance)


gray = smooth(16, 24, 0, 255).astype(np.uint8)
# Decoders' inverse transforms differ by one.
encapsulated("jpeg.dcm", JPEGBaseline8Bit, pixels(dicom(), gray), [stream(Image.fromarray(gray), format="JPEG", quality=90)], 1)
big = np.kron(rgb, np.ones((4, 4, 1))).astype(np.uint8)
data = pixels(dicom(), big, "YBR_FULL")
encapsulated("jpeg_ybr.dcm", JPEGBaseline8Bit, data, [stream(Image.fromarray(big), format="JPEG", quality=95, subsampling=0)], 3)
film8 = [smooth(16, 16, 0, 255).astype(np.uint8) for _ in range(3)]
data = pixels(dicom(), np.stack(film8), frames=3)
coded = [stream(Image.fromarray(page), format="JPEG", quality=90) for page in film8]
# Each frame in pieces, and no table of where they begin.
pieces = [piece for page in coded for piece in (page[:100], page[100:])]
encapsulated("jpeg_film.dcm", JPEGBaseline8Bit, data, pieces, 1, offsets=False)
signed = smooth(20, 17, -2000, 2047).astype(np.int16)
save("raw_for_gdcm.dcm", pixels(dicom(), signed))


GDCM = """
import gdcm, sys
name, kind = sys.argv[1:]
reader = gdcm.ImageReader()
reader.SetFileName("raw_for_gdcm.dcm")
assert reader.Read()
change = gdcm.ImageChangeTransferSyntax()
change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, kind)))
change.SetInput(reader.GetImage())
assert change.Change()
writer = gdcm.ImageWriter()
writer.SetFileName(name)
writer.SetFile(reader.GetFile())
writer.SetImage(change.GetOutput())
assert writer.Write()
"""


def gdcm_as(name, kind):
    # In a process of its own, as it does not get on with other libraries.
    subprocess.run([sys.executable, "-c", GDCM, name, kind], check=True)
    expected[name] = dict(expected["raw_for_gdcm.dcm"])


gdcm_as("jpeg_lossless.dcm", "JPEGLosslessProcess14_1")
gdcm_as("jpeg2000.dcm", "JPEG2000Lossless")
gdcm_as("jpeg_ls.dcm", "JPEGLSLossless")
os.remove("raw_for_gdcm.dcm")
del expected["raw_for_gdcm.dcm"]
colour = stream(Image.fromarray(big), format="JPEG2000", irreversible=False, no_jp2=True, mct=1)
encapsulated("jpeg2000_rgb.dcm", JPEG2000Lossless, pixels(dicom(), big, "YBR_RCT"), [colour], 0)

# Sequences of unknown length in one another, pixels of an icon among them, an unknown element that holds a sequence.
icon = pixels(dicom(), np.full((2, 2), 9, np.uint8))
del icon.file_meta
inner = Dataset()
inner.Rows, inner.CodeValue = 77, "X"
outer = Dataset()
outer.ConceptNameCodeSequence = Sequence([inner, inner])
data = pixels(dicom(IconImageSequence=Sequence([icon]), ContentSequence=Sequence([outer, Dataset()])), gray)
for sequence in (data["IconImageSequence"], data["ContentSequence"], outer["ConceptNameCodeSequence"]):
    sequence.is_undefined_length = True
for item in (icon, inner, outer):
    item.is_undefined_length_sequence_item = True
save("sequences.dcm", data)

data = pixels(dicom(), np.zeros((3, 4), np.float32))
values = (rng.standard_normal((3, 4)) * 1e3).astype("<f4")
del data.PixelData
data.FloatPixelData, data.BitsAllocated = values.tobytes(), 32
for name in ("BitsStored", "HighBit", "PixelRepresentation"):
    delattr(data, name)
save("float.dcm", data)
# Bytes as big-endian words, an odd number of them.
data = pixels(dicom(ExplicitVRBigEndian), smooth(3, 5, 0, 255).astype(np.uint8))
data.PixelData = np.frombuffer(data.PixelData + b"\0", "<u2").byteswap().tobytes()
data["PixelData"].VR = "OW"
save("big_endian_bytes.dcm", data)
# Elements that name no kinds, though the file says that they do.
data = pixels(dicom(ImplicitVRLittleEndian), smooth(4, 4, 0, 255).astype(np.uint8))
data.save_as("implicit.dcm", enforce_file_format=True)
raw = open("implicit.dcm", "rb").read()
os.remove("implicit.dcm")
meta = raw.index(b"\x08\0\x16\0")
old, new = b"UI\x12\x001.2.840.10008.1.2\0", b"UI\x14\x001.2.840.10008.1.2.1\0"
assert raw.count(old) == 1
length = int.from_bytes(raw[140:144], "little") + 2
raw = raw[:140] + length.to_bytes(4, "little") + raw[144:meta].replace(old, new) + raw[meta:]
open("says_explicit.dcm", "wb").write(raw)
read = pydicom.dcmread("says_explicit.dcm")
expected["says_explicit.dcm"] = {"pages": [read.pixel_array.astype(float).ravel().tolist()], "shape": [4, 4], "tolerance": 0}
dicom(PatientName="none").save_as("report.dcm", enforce_file_format=True)

# Windows: PS3.3 C.11.2.1.2 by pydicom, whose range of values is taken to 0..255.
read = pydicom.dcmread("ct.dcm")
hounsfield = read.pixel_array.astype(np.float32) * read.RescaleSlope + read.RescaleIntercept


def shown(center, width, function="LINEAR"):
    read.WindowCenter, read.WindowWidth, read.VOILUTFunction = center, width, function
    values = apply_windowing(hounsfield, read)
    low, high = -32768 - 1024, 32767 - 1024
    return np.round((values - low) / (high - low) * 255).ravel().tolist()


expected["windows"] = {"file": shown(40, 400), "-600,1500": shown(-600, 1500), "0,1": shown(0, 1)}


def nifti(name, array, slope=None, inter=None, kind=nib.Nifti1Image, order="<", affine=np.eye(4)):
    header = kind.header_class(endianness=order)
    header.set_data_dtype(array.dtype.newbyteorder(order))
    image = kind(array, affine, header)
    if slope is not None:
        image.header.set_slope_inter(slope, inter)
        # The stored numbers are `array` itself.
        image = kind(array, affine, image.header)
        image.header.set_slope_inter(slope, inter)
    image.to_filename(name)
    if slope is not None:
        # nibabel scales anew as it writes; both numbers are put in place afterwards.
        packed = name.endswith(".gz")
        raw = bytearray((gzip.open if packed else open)(name, "rb").read())
        raw[112:120] = np.array([slope, inter], order + "f4").tobytes()
        raw[352:352 + array.nbytes] = array.astype(array.dtype.newbyteorder(order)).tobytes("F")
        (gzip.open if packed else open)(name, "wb").write(bytes(raw))
    values = np.asarray(nib.load(name).dataobj)
    if values.dtype.fields:
        values = np.stack([values[c] for c in ("R", "G", "B")], -1)
    values = values.astype(np.float32)
    expected[name] = {"shape": list(values.shape), "values": values.astype(float).ravel().tolist(), "tolerance": 1e-6 if slope else 0.0}


volume = np.stack([smooth(5, 4, -900, 1000 + 100 * k) for k in range(3)], -1)
nifti("int16.nii", volume.astype(np.int16))
nifti("scaled.nii.gz", volume.astype(np.int16), 0.37, -12.25)
nifti("big_endian.nii", (volume % 256).astype(np.uint8), order=">")
nifti("float64.nii.gz", volume / 7.0, kind=nib.Nifti2Image, order=">")
nifti("float32.nii", (volume / 7.0).astype(np.float32))
nifti("uint16.nii.gz", (volume + 40000).astype(np.uint16))
nifti("int32.nii", volume.astype(np.int32) * 1000)
nifti("int8.nii", (volume % 100 - 50).astype(np.int8))
nifti("flat.nii", (volume[:, :, 0] % 256).astype(np.uint8))
colours = np.zeros((5, 4, 3), [("R", "u1"), ("G", "u1"), ("B", "u1")])
for i, channel in enumerate("RGB"):
    colours[channel] = (volume + 31 * i) % 256
nifti("rgb.nii.gz", colours)
nifti("four.nii.gz", np.zeros((3, 3, 3, 2), np.int16))
del expected["four.nii.gz"]
json.dump(expected, open("expected.json", "w"))

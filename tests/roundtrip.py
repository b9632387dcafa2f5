"""What `trainscope export` writes, taken by torchvision's, timm's and MONAI's own networks (strictly) and by onnxruntime to the same
probabilities that `trainscope predict` gives; and what PyTorch writes, taken by trainscope.

    python tests/roundtrip.py path/to/trainscope [NETWORK...]

Needs the packages of tests/roundtrip-requirements.txt; `.ci/run` makes an environment with them and runs it with every network.
"""
import csv
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import timm
import torch
import torchvision
from monai.networks.nets import DenseNet121, DenseNet169
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file

CLASSES = 6


class SmallCnn(torch.nn.Module):
    """trainscope's own, written down a second time."""

    def __init__(self, width=8):
        super().__init__()
        channels = [3, width, 2 * width, 4 * width, 8 * width]
        self.blocks = torch.nn.ModuleList()
        for before, after in zip(channels, channels[1:]):
            conv = torch.nn.Conv2d(before, after, 3, padding=1, bias=False)
            self.blocks.append(torch.nn.ModuleDict({"conv": conv, "norm": torch.nn.BatchNorm2d(after)}))
        self.out = torch.nn.Linear(channels[-1], CLASSES)

    def forward(self, x):
        for block in self.blocks:
            x = torch.nn.functional.max_pool2d(torch.relu(block["norm"](block["conv"](x))), 2)
        return self.out(x.mean((2, 3)))


NETWORKS = {
    "densenet121": lambda: DenseNet121(spatial_dims=2, in_channels=3, out_channels=CLASSES),
    "densenet169": lambda: DenseNet169(spatial_dims=2, in_channels=3, out_channels=CLASSES),
    "resnet18": lambda: torchvision.models.resnet18(num_classes=CLASSES),
    "resnet34": lambda: torchvision.models.resnet34(num_classes=CLASSES),
    "resnet50": lambda: torchvision.models.resnet50(num_classes=CLASSES),
    "mobilenet_v2": lambda: torchvision.models.mobilenet_v2(num_classes=CLASSES),
    "efficientnet_b0": lambda: torchvision.models.efficientnet_b0(num_classes=CLASSES),
    "efficientnet_lite0": lambda: timm.create_model("tf_efficientnet_lite0", num_classes=CLASSES),
    "convnext_tiny": lambda: torchvision.models.convnext_tiny(num_classes=CLASSES),
    "vit_tiny_patch16": lambda: timm.create_model("vit_tiny_patch16_224", num_classes=CLASSES, dynamic_img_size=True),
    "small_cnn": SmallCnn,
}
# Names are of the network, formats are not: those of PyTorch are read back for one of each library.
EVERY_FORMAT = ("densenet121", "mobilenet_v2", "efficientnet_lite0")
# The chain that is used below: pixels to 0..1, nothing else.
CHAIN = '[[transform]]\nname = "LoadImage"\n[[transform]]\nname = "EnsureChannelFirst"\n[[transform]]\nname = "ScaleIntensity"\n'


def trainscope(*args):
    subprocess.run([sys.argv[1], *map(str, args)], check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def train(home, run, name, *sets):
    args = [item for key in (f"model.name={name}", "train.epochs=1", "train.device=cpu", "loader.batch_size=8", "data.channels=3", *sets) for item in ("--set", key)]
    trainscope("train", "--config", home / "chain.toml", "--data", home / "images", "--run", home / run, *args)


def predicted(home, run):
    trainscope("predict", home / run, "--in", home / "images", "--out", home / f"{run}.csv")
    with open(home / f"{run}.csv", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return [row[0] for row in rows], np.array([[float(v) for v in row[2:]] for row in rows])


with tempfile.TemporaryDirectory() as folder:
    home = Path(folder)
    (home / "chain.toml").write_text(CHAIN)
    trainscope("sample", home / "images", "--images-per-class", 4)
    # JPEG decoders differ by a level here and there; PNG's do not.
    for path in [path for path in (home / "images").rglob("*") if path.suffix.lower() in (".jpg", ".jpeg")]:
        Image.open(path).save(path.with_suffix(".png"))
        path.unlink()
    asked = sys.argv[2:] or list(NETWORKS)
    listed = subprocess.run([sys.argv[1], "models", "--json"], check=True, capture_output=True, text=True).stdout
    assert sorted(json.loads(line)["name"] for line in listed.splitlines()) == sorted(NETWORKS), "a network has no counterpart here"
    for name in asked:
        make, begun = NETWORKS[name], time.monotonic()
        train(home, name, name, "optimizer.lr=0.0001")
        trainscope("export", home / name, "--format", "safetensors", "--out", home / f"{name}.safetensors")
        theirs = make()
        theirs.load_state_dict(load_file(home / f"{name}.safetensors"), strict=True)
        theirs.eval()
        with safe_open(home / f"{name}.safetensors", "pt") as file:
            assert len(json.loads(file.metadata()["labels"])) == CLASSES
        paths, ours = predicted(home, name)
        pixels = [np.asarray(Image.open(path).convert("RGB"), dtype=np.float32) for path in paths]
        scaled = [(p - p.min()) / (p.max() - p.min()) for p in pixels]
        with torch.no_grad():
            logits = theirs(torch.from_numpy(np.stack(scaled)).permute(0, 3, 1, 2))
        difference = np.abs(torch.softmax(logits, 1).numpy() - ours).max()
        print(f"{name}: {len(paths)} images, largest difference {difference:.1e}")
        assert difference < 1e-3, name
        # In onnxruntime: the same logits, in batches of any size.
        file = home / f"{name}.onnx"
        trainscope("export", home / name, "--format", "onnx", "--out", file)
        onnx.checker.check_model(str(file), full_check=True)
        session = onnxruntime.InferenceSession(str(file))
        about = session.get_modelmeta().custom_metadata_map
        beside = json.loads((home / f"{name}.onnx.json").read_text())
        assert json.loads(about["labels"]) == beside["labels"] and len(beside["labels"]) == CLASSES
        assert [step["name"] for step in beside["preprocessing"]] == ["LoadImage", "EnsureChannelFirst", "ScaleIntensity"]
        images = np.stack(scaled).transpose(0, 3, 1, 2)
        assert list(images.shape[1:]) == beside["input"]["shape"][1:]
        for some in (images, images[:1]):
            difference = np.abs(session.run(["logits"], {"images": some})[0] - logits[: len(some)].numpy()).max()
            assert difference < 1e-4, (name, difference)
        print(f"  onnx: largest difference of a logit {difference:.1e}")
        # And back: saved by PyTorch in both formats of its own, and in safetensors, with the learning rate at next to nothing.
        state = theirs.state_dict()
        if name in EVERY_FORMAT:
            torch.save({"state_dict": {"module." + key: value for key, value in state.items()}}, home / f"{name}.pt")
            torch.save(state, home / f"{name}.pth", _use_new_zipfile_serialization=False)
        save_file({key: value.contiguous() for key, value in state.items()}, home / f"{name}-back.safetensors")
        files = [f"{name}-back.safetensors"] + [f"{name}.pt", f"{name}.pth"] * (name in EVERY_FORMAT)
        for file in files:
            again = f"again-{file}"
            train(home, again, name, f"model.weights={home / file}", "optimizer.lr=1e-12", "model.freeze=body", "data.limit=12")
            difference = np.abs(predicted(home, again)[1] - ours).max()
            print(f"  {file}: largest difference {difference:.1e}")
            assert difference < 1e-3, file
        print(f"  {time.monotonic() - begun:.0f} s", flush=True)

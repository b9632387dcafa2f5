"""Logits and names of torchvision's, timm's and MONAI's networks: makes tests/data/networks.json.

Run with torch, torchvision, timm and monai installed (the numbers there: torch 2.15.0, torchvision 0.29.2, timm 1.0.31, monai 1.6.1). Weights, running
statistics and images are by the formulas below; src/train/golden_networks.rs has the same. Everything is float32 and in evaluation.
"""
import json
import os

import numpy as np
import timm
import torch
import torchvision

from formulas import hashed, images

CLASSES = 5


def fill(network):
    with torch.no_grad():
        for k, (name, p) in enumerate(network.named_parameters()):
            i = np.arange(p.numel(), dtype=np.float64)
            if p.dim() > 1:
                values = hashed(k, tuple(p.shape))
            elif name.endswith("weight"):
                values = 1 + 0.1 * np.sin(i)
            else:
                values = 0.1 * np.cos(i)
            p.copy_(torch.from_numpy(values.astype(np.float32)).reshape(p.shape))
        for name, b in network.named_buffers():
            i = np.arange(b.numel(), dtype=np.float64)
            if name.endswith("running_mean"):
                b.copy_(torch.from_numpy((0.1 * np.sin(i)).astype(np.float32)))
            elif name.endswith("running_var"):
                b.copy_(torch.from_numpy((1 + 0.5 * np.cos(i)).astype(np.float32)))


def fnv(text):
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return f"{h:016x}"


def names(network):
    return "".join(f"{name} {list(value.shape)}\n" for name, value in network.state_dict().items())


NETWORKS = {
    "densenet169": lambda c: monai_densenet(c, (6, 12, 32, 32)),
    "resnet18": lambda c: with_channels(torchvision.models.resnet18(num_classes=CLASSES), c),
    "resnet34": lambda c: with_channels(torchvision.models.resnet34(num_classes=CLASSES), c),
    "resnet50": lambda c: with_channels(torchvision.models.resnet50(num_classes=CLASSES), c),
    "mobilenet_v2": lambda c: with_channels(torchvision.models.mobilenet_v2(num_classes=CLASSES), c),
    "efficientnet_b0": lambda c: with_channels(torchvision.models.efficientnet_b0(num_classes=CLASSES), c),
    "efficientnet_lite0": lambda c: timm.create_model("tf_efficientnet_lite0", num_classes=CLASSES, in_chans=c),
    "convnext_tiny": lambda c: with_channels(torchvision.models.convnext_tiny(num_classes=CLASSES), c),
    "vit_tiny_patch16": lambda c: timm.create_model(
        "vit_tiny_patch16_224", num_classes=CLASSES, in_chans=c, dynamic_img_size=True, dynamic_img_pad=True
    ),
}


def monai_densenet(channels, blocks):
    from monai.networks.nets import DenseNet

    return DenseNet(spatial_dims=2, in_channels=channels, out_channels=CLASSES, block_config=blocks)


def with_channels(network, channels):
    """torchvision's networks take three; the first convolution is made anew for another number."""
    for parent in network.modules():
        for name, child in parent.named_children():
            if isinstance(child, torch.nn.Conv2d):
                if channels != child.in_channels:
                    new = torch.nn.Conv2d(channels, child.out_channels, child.kernel_size, child.stride, child.padding, bias=child.bias is not None)
                    setattr(parent, name, new)
                return network
    raise SystemExit("no convolution")


result = {}
for name, make in NETWORKS.items():
    cases = []
    # An odd side, and one that is not square, tell paddings and axes apart.
    shapes = [(2, 3, 64, 64), (2, 1, 75, 43)] + ([(1, 3, 224, 224)] if name.startswith("vit") else [])
    for shape in shapes:
        network = make(shape[1]).eval()
        fill(network)
        with torch.no_grad():
            logits = network(images(*shape)).double().numpy()
        cases.append({"shape": shape, "logits": [[float(f"{v:.7g}") for v in row] for row in logits]})
    network = make(3)
    parameters = sum(p.numel() for p in network.parameters())
    result[name] = {"parameters": parameters, "names_fnv": fnv(names(network)), "cases": cases}
    print(name, parameters, cases[0]["logits"][0][:3])
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "networks.json")
with open(path, "w") as file:
    json.dump(result, file, indent=1)
    file.write("\n")

"""Losses of 20 steps of PyTorch's optimisers (and timm's Lion) on the small CNN: makes tests/data/optimizers.json.

Run with torch and timm installed (these: torch 2.15.0, timm 1.0.31). In float64, with the weights of make_weights.py and the images of
make_networks.py; src/train/golden_optimizers.rs does the same.
"""
import json
import os

import numpy as np
import torch
from timm.optim import Lion

from formulas import hashed, images

WIDTHS = [8, 16, 32, 64]


def network():
    layers, channels = [], 1
    for width in WIDTHS:
        layers += [torch.nn.Conv2d(channels, width, 3, padding=1, bias=False), torch.nn.BatchNorm2d(width), torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
        channels = width
    layers += [torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(channels, 3)]
    made = torch.nn.Sequential(*layers).double()
    with torch.no_grad():
        for k, (name, p) in enumerate(made.named_parameters()):
            i = np.arange(p.numel(), dtype=np.float64)
            values = hashed(k, tuple(p.shape)) if p.dim() > 1 else 1 + 0.1 * np.sin(i) if name.endswith("weight") else 0.1 * np.cos(i)
            p.copy_(torch.from_numpy(values.astype(np.float32)).reshape(p.shape))
    return made


# Our key and its parameters, and what PyTorch calls it.
CASES = [
    ("adam", {}, 1e-3, lambda p, lr: torch.optim.Adam(p, lr)),
    ("adam", {"weight_decay": 0.1}, 1e-3, lambda p, lr: torch.optim.Adam(p, lr, weight_decay=0.1)),
    ("adamw", {}, 1e-3, lambda p, lr: torch.optim.AdamW(p, lr)),
    ("adamw", {"weight_decay": 0.5, "beta_1": 0.8}, 1e-3, lambda p, lr: torch.optim.AdamW(p, lr, betas=(0.8, 0.999), weight_decay=0.5)),
    ("sgd", {"momentum": 0.0}, 1e-2, lambda p, lr: torch.optim.SGD(p, lr)),
    ("sgd", {}, 1e-2, lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9)),
    ("sgd", {"nesterov": True, "weight_decay": 0.1}, 1e-2, lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9, nesterov=True, weight_decay=0.1)),
    ("rmsprop", {}, 1e-3, lambda p, lr: torch.optim.RMSprop(p, lr)),
    ("rmsprop", {"momentum": 0.5, "alpha": 0.9, "weight_decay": 0.1}, 1e-4, lambda p, lr: torch.optim.RMSprop(p, lr, alpha=0.9, momentum=0.5, weight_decay=0.1)),
    ("lion", {}, 1e-4, lambda p, lr: Lion(p, lr)),
    ("lion", {"weight_decay": 0.5}, 1e-4, lambda p, lr: Lion(p, lr, weight_decay=0.5)),
]
x, y = images(8, 1, 32, 32).double(), torch.arange(8) % 3
result = []
for name, params, lr, make in CASES:
    torch.manual_seed(0)
    net = network().train()
    optimizer = make(net.parameters(), lr)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        losses.append(float(f"{float(loss):.8g}"))
    print(name, params, losses[0], losses[-1])
    result.append({"name": name, "params": params, "lr": lr, "losses": losses})
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "optimizers.json")
with open(path, "w") as file:
    json.dump(result, file, indent=1)
    file.write("\n")

"""What PyTorch's optimisers (and timm's Lion), schedules and losses do in 20 steps: makes tests/data/optimizers.json and
tests/data/schedules.json.

Run with torch and timm installed (these: torch 2.15.0, timm 1.0.31). In float64, with the weights of make_weights.py and the images of
make_networks.py; src/train/golden_optimizers.rs and src/train/schedule.rs do the same.
"""
import json
import os

import numpy as np
import torch
from timm.optim import Lion
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, LambdaLR, LinearLR, OneCycleLR, ReduceLROnPlateau, SequentialLR, StepLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

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
        for name, buffer in made.named_buffers():
            i = np.arange(buffer.numel(), dtype=np.float64)
            if name.endswith("running_mean"):
                buffer.copy_(torch.from_numpy((0.1 * np.sin(i)).astype(np.float32)))
            elif name.endswith("running_var"):
                buffer.copy_(torch.from_numpy((1 + 0.5 * np.cos(i)).astype(np.float32)))
    return made


# Our key and its parameters, the rate, and what PyTorch calls it. Rates at which rounding does not grow: at ten times of them a ReLU falls
# to the other side within 20 steps, and losses part by per cents.
CASES = [
    ("adam", {}, 1e-3, torch.optim.Adam, {}),
    ("adam", {"weight_decay": 0.1}, 1e-3, torch.optim.Adam, {"weight_decay": 0.1}),
    ("adamw", {}, 1e-3, torch.optim.AdamW, {}),
    ("adamw", {"weight_decay": 0.5, "beta_1": 0.8}, 1e-3, torch.optim.AdamW, {"betas": (0.8, 0.999), "weight_decay": 0.5}),
    ("sgd", {"momentum": 0.0}, 1e-2, torch.optim.SGD, {}),
    ("sgd", {}, 1e-3, torch.optim.SGD, {"momentum": 0.9}),
    ("sgd", {"nesterov": True, "weight_decay": 0.1}, 1e-3, torch.optim.SGD, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("rmsprop", {}, 1e-4, torch.optim.RMSprop, {}),
    ("rmsprop", {"momentum": 0.5, "alpha": 0.9, "weight_decay": 0.1}, 1e-4, torch.optim.RMSprop, {"alpha": 0.9, "momentum": 0.5, "weight_decay": 0.1}),
    ("lion", {}, 1e-4, Lion, {}),
    ("lion", {"weight_decay": 0.5}, 1e-4, Lion, {"weight_decay": 0.5}),
]
# What is between gradients and weights, one key after the other and all together.
CLASS_WEIGHTS = [0.5, 1.0, 1.5]
BETWEEN = [
    {"head_lr_factor": 10.0},
    {"decay_norms": False},
    {"clip_norm": 0.3},
    {"accumulate_batches": 3},
    {"ema_decay": 0.7},
    {"label_smoothing": 0.2},
    {"class_weights": CLASS_WEIGHTS},
    {"label_smoothing": 0.2, "class_weights": CLASS_WEIGHTS, "head_lr_factor": 3.0, "decay_norms": False, "clip_norm": 0.5, "accumulate_batches": 2, "ema_decay": 0.9},
]
CASES = [(*case, {}) for case in CASES]
CASES += [("sgd", {"weight_decay": 0.1}, 1e-3, torch.optim.SGD, {"momentum": 0.9, "weight_decay": 0.1}, between) for between in BETWEEN]
CASES += [("adamw", {"weight_decay": 0.5}, 1e-3, torch.optim.AdamW, {"weight_decay": 0.5}, BETWEEN[-1])]


def groups(net, lr, decay, between):
    """A group for each rate and weight decay."""
    found = {}
    for name, p in net.named_parameters():
        of_head = name.startswith("18.")
        key = (lr * between.get("head_lr_factor", 1.0) if of_head else lr, decay if p.dim() > 1 or between.get("decay_norms", True) else 0.0)
        found.setdefault(key, []).append(p)
    return [{"params": params, "lr": rate, "weight_decay": decay} for (rate, decay), params in found.items()]


x, y = images(8, 1, 32, 32).double(), torch.arange(8) % 3
result = []
for name, params, lr, make, arguments, between in CASES:
    torch.manual_seed(0)
    net = network().train()
    decay = arguments.get("weight_decay", 0.01 if make is torch.optim.AdamW else 0.0)
    optimizer = make(groups(net, lr, decay, between), **{"lr": lr, **arguments})
    average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(between["ema_decay"]), use_buffers=True) if "ema_decay" in between else None
    weights = torch.tensor(between["class_weights"]).double() if "class_weights" in between else None
    together = between.get("accumulate_batches", 1)
    losses = []
    for step in range(20):
        # The images' order, so that batches differ.
        loss = torch.nn.functional.cross_entropy(net(x.roll(step, 3)), y, weights, label_smoothing=between.get("label_smoothing", 0.0))
        (loss / together).backward()
        if (step + 1) % together == 0:
            if "clip_norm" in between:
                torch.nn.utils.clip_grad_norm_(net.parameters(), between["clip_norm"])
            optimizer.step()
            optimizer.zero_grad()
            if average is not None:
                average.update_parameters(net)
        losses.append(float(f"{loss.item():.8g}"))
    print(name, params, between, losses[0], losses[-1])
    case = {"name": name, "params": params, "lr": lr, "between": between, "losses": losses}
    if average is not None:
        kept = average.module.state_dict()
        ours = {"blocks.0.conv.weight": "0.weight", "blocks.0.norm.running_mean": "1.running_mean", "out.weight": "18.weight", "out.bias": "18.bias"}
        case["average"] = {name: [float(f"{v:.8g}") for v in kept[theirs].flatten().tolist()] for name, theirs in ours.items()}
    result.append(case)


def written(name, value):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", name)
    with open(path, "w") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


written("optimizers.json", result)

LR, STEPS, PER_EPOCH = 0.1, 20, 5
# Our name and parameters; how PyTorch's is made for so many steps.
SCHEDULES = [
    ("constant", {}, lambda o, steps: LambdaLR(o, lambda _: 1.0)),
    ("step", {"every_epochs": 1}, lambda o, steps: StepLR(o, PER_EPOCH, 0.1)),
    ("step", {"every_epochs": 2, "gamma": 0.3}, lambda o, steps: StepLR(o, 2 * PER_EPOCH, 0.3)),
    ("cosine", {}, lambda o, steps: CosineAnnealingLR(o, steps - 1)),
    ("cosine", {"end_frac": 0.2}, lambda o, steps: CosineAnnealingLR(o, steps - 1, 0.2 * LR)),
    ("exponential", {"gamma": 0.5}, lambda o, steps: ExponentialLR(o, 0.5 ** (1 / PER_EPOCH))),
    ("one_cycle", {}, lambda o, steps: OneCycleLR(o, LR, total_steps=steps, cycle_momentum=False)),
    ("one_cycle", {"rise_frac": 0.5, "div_factor": 10.0, "final_div_factor": 100.0}, lambda o, steps: OneCycleLR(o, LR, total_steps=steps, pct_start=0.5, div_factor=10, final_div_factor=100, cycle_momentum=False)),
]
PLATEAUS = [
    ({"factor": 0.5, "patience": 1}, {"factor": 0.5, "patience": 1}),
    ({"factor": 0.5, "patience": 0, "threshold": 0.1, "cooldown": 2, "end_frac": 0.2}, {"factor": 0.5, "patience": 0, "threshold": 0.1, "cooldown": 2, "min_lr": 0.2 * LR}),
]
LOSSES = [1.0, 0.8, 0.85, 0.79999, 0.81, 0.5, 0.49, 0.48, 0.47, 0.47, 0.46, 0.9, 0.9, 0.2, 0.3, 0.3, 0.3, 0.3, 0.3, 0.1]


def rates(make, warmup, start):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], LR)
    schedule = make(optimizer, STEPS - warmup)
    if warmup:
        # A LinearLR that ends at 1, then a schedule that begins where it ended.
        first = optimizer.param_groups[0]["lr"]
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], first)
        linear = LinearLR(optimizer, start, 1.0, warmup)
        found = []
        for _ in range(warmup):
            found.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            linear.step()
        return found + rates(lambda o, _: make(o, STEPS - warmup), 0, 0)[: STEPS - warmup]
    found = []
    for _ in range(STEPS):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(found) < STEPS and schedule.last_epoch + 1 < getattr(schedule, "total_steps", STEPS + 1):
            schedule.step()
    return found


result = []
for name, params, make in SCHEDULES:
    for warmup, start in ((0, 0.01), (6, 0.25)):
        result.append({"name": name, "params": params, "warmup_steps": warmup, "warmup_start_frac": start, "steps_per_epoch": PER_EPOCH, "rates": rates(make, warmup, start), "losses": []})
for params, arguments in PLATEAUS:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], LR)
    schedule, found = ReduceLROnPlateau(optimizer, **arguments), []
    for loss in LOSSES:
        found.append(optimizer.param_groups[0]["lr"])
        schedule.step(loss)
    result.append({"name": "plateau", "params": params, "warmup_steps": 0, "warmup_start_frac": 0.01, "steps_per_epoch": PER_EPOCH, "rates": found, "losses": LOSSES})
written("schedules.json", result)

"""MONAI's MedNIST tutorial, trained by trainscope and by PyTorch from the same weights on the same batches.

    python -m pip install torch torchvision numpy
    cargo build --release --example batches
    python tests/speed/tutorial.py --data MedNIST --out FOLDER [--program target/release/trainscope] [--steps 0]

DenseNet121, Adam at 1e-5, batches of 300, the tutorial's chain with its random transforms: one epoch. PyTorch draws the first
weights, trainscope begins with them (`model.weights`), and writes its batches for PyTorch to train on. Printed are the losses of
both, step by step where they are furthest apart, the accuracy of both on the test images, and the time each took. Three of
the epoch's 158 steps took 25 and 28 s on two cores; FOLDER gets 16 KB an image; `--steps N` ends after so many batches of 300.
"""

import argparse
import json
import os
import statistics
import subprocess
import time
from pathlib import Path

import numpy
import torch
import torchvision

BATCH = 300
CLASSES = 6


def network():
    torch.manual_seed(0)
    net = torchvision.models.densenet121(num_classes=CLASSES)
    net.features.conv0 = torch.nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    torch.nn.init.kaiming_normal_(net.features.conv0.weight)
    return net


def train_ours(args, run):
    command = [args.program, "train", "--preset", "tutorial", "--data", args.data, "--run", run, "--json"]
    sets = {
        "train.device": "cpu",
        "train.epochs": 1,
        "model.weights": args.out / "first.pth",
        "loader.workers": args.workers,
        "data.limit": args.limit,
    }
    for key, value in sets.items():
        command += ["--set", f"{key}={value}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    steps = [line for line in lines if line["type"] == "step"]
    # From the first batch asked for to the last step: images are loaded and transformed in it.
    losses, secs = [step["loss"] for step in steps], steps[-1]["secs"]
    finished = next(line for line in lines if line["type"] == "finished")
    return losses, finished["test_accuracy"], secs


def write_batches(args, run, part):
    """Writes labels and images of each batch, as trainscope loads them."""
    file = args.out / f"{part}.f32"
    subprocess.run([args.batches, run, file] + ([part] if part == "test" else []), check=True)
    return file


def batches(file):
    described = json.loads(file.with_suffix(".json").read_text())
    shape = described["shape"]
    values = numpy.memmap(file, dtype="<f4", mode="r")
    at = 0
    for labels in described["labels"]:
        count = len(labels) * int(numpy.prod(shape))
        yield torch.from_numpy(numpy.array(values[at : at + count])).reshape(-1, *shape), torch.tensor(labels)
        at += count


def train_torch(args, run):
    torch.set_num_threads(args.threads)
    training, test = (write_batches(args, run, part) for part in ("train", "test"))
    net = network().train()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-5)
    losses, begun = [], time.monotonic()
    for images, labels in batches(training):
        optimizer.zero_grad(set_to_none=True)
        loss = torch.nn.functional.cross_entropy(net(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        print(f"PyTorch, step {len(losses)}: {losses[-1]:.4f}", flush=True)
    secs = time.monotonic() - begun
    net.eval()
    right = count = 0
    with torch.no_grad():
        for images, labels in batches(test):
            right += int((net(images).argmax(1) == labels).sum())
            count += len(labels)
    return losses, right / count, secs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--program", default="target/release/trainscope")
    parser.add_argument("--batches", default="target/release/examples/batches")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--steps", type=int, default=0, help="0: the whole epoch")
    args = parser.parse_args()
    # A tenth each for validation and test; one image too many would make another batch.
    args.limit = args.steps * BATCH * 10 // 8
    args.out.mkdir(parents=True, exist_ok=True)
    torch.save(network().state_dict(), args.out / "first.pth")
    run = args.out / "run"
    ours, our_accuracy, our_secs = train_ours(args, run)
    theirs, accuracy, their_secs = train_torch(args, run)
    assert len(ours) == len(theirs), (len(ours), len(theirs))
    assert None not in ours
    apart = [abs(a - b) / b for a, b in zip(ours, theirs)]
    worst = apart.index(max(apart))
    print(f"{len(ours)} steps of {BATCH} images")
    for step in sorted({0, len(ours) // 4, len(ours) // 2, worst, len(ours) - 1}):
        print(f"  step {step + 1:>4}: {ours[step]:.6f} trainscope, {theirs[step]:.6f} PyTorch")
    print(f"apart by {max(apart):.1e} of the loss at most, {statistics.median(apart):.1e} in the median")
    print(f"test accuracy {our_accuracy:.4f} trainscope, {accuracy:.4f} PyTorch; {our_secs:.0f} s, with loading, and {their_secs:.0f} s")


if __name__ == "__main__":
    main()

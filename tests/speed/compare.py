"""Training steps of trainscope beside PyTorch's on the CPU: images a second, CPU time and memory.

    python -m pip install torch torchvision psutil
    python tests/speed/compare.py --program target/release/trainscope [--turns 5] [--threads 2] [--cases resnet18:32:64 ...]

The two take turns, each time in a process of its own, so that a load which comes and goes meets both. A ratio is that of
one turn's two figures; printed are the median, the least and the largest. Above 1 trainscope is faster, or needs more
memory. Both train on one made-up batch with Adam and read the loss back. CPU time is that of all threads; on a machine
that does something else as well it says more than the clock, on one thread above all (PyTorch's threads wait by
spinning). Memory is the most that the process had resident.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

CASES = ["densenet121:32:64", "resnet18:32:64", "densenet121:8:224", "resnet18:8:224", "small_cnn:64:64"]
WARM_UP = 2


def torch_network(name, channels, classes):
    import torch
    import torchvision

    if name == "small_cnn":
        layers, width = [], channels
        for out in (8, 16, 32, 64):
            layers += [
                torch.nn.Conv2d(width, out, 3, padding=1, bias=False),
                torch.nn.BatchNorm2d(out),
                torch.nn.ReLU(inplace=True),
                torch.nn.MaxPool2d(2),
            ]
            width = out
        return torch.nn.Sequential(
            *layers, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(width, classes)
        )
    network = getattr(torchvision.models, name)(num_classes=classes)
    if channels != 3:
        old = network.features.conv0 if name.startswith("densenet") else network.conv1
        new = torch.nn.Conv2d(channels, old.out_channels, 7, 2, 3, bias=False)
        if name.startswith("densenet"):
            network.features.conv0 = new
        else:
            network.conv1 = new
    return network


def torch_steps(name, batch, side, args):
    """What `trainscope bench-step` prints, of PyTorch."""
    import torch

    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    network = torch_network(name, args.channels, args.classes).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-5)
    images = torch.randn(batch, args.channels, side, side)
    if args.channels_last:
        network = network.to(memory_format=torch.channels_last)
        images = images.to(memory_format=torch.channels_last)
    labels = torch.arange(batch) % args.classes
    rows = []
    for _ in range(WARM_UP + args.steps):
        cpu, begun = time.process_time(), time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss = torch.nn.functional.cross_entropy(network(images), labels)
        forward = time.perf_counter()
        loss.backward()
        backward = time.perf_counter()
        optimizer.step()
        ended = time.perf_counter()
        loss.item()
        rows.append(
            (time.perf_counter() - begun, forward - begun, backward - forward, ended - backward, time.process_time() - cpu)
        )
    secs, forward, backward, optimizer, cpu = (statistics.median(column) for column in zip(*rows[WARM_UP:]))
    return {
        "images_per_sec": batch / secs,
        "forward_ms": forward * 1e3,
        "backward_ms": backward * 1e3,
        "optimizer_ms": optimizer * 1e3,
        "cpu_ms": cpu * 1e3,
        "peak_bytes": peak_bytes(),
    }


def peak_bytes():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    except OSError:
        import psutil

        return psutil.Process().memory_info().rss


def last_json(command, threads):
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment)
    return json.loads(done.stdout.splitlines()[-1])


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="target/release/trainscope")
    parser.add_argument("--cases", nargs="*", default=CASES, metavar="NETWORK:BATCH:SIDE")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--channels", type=int, default=3)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--channels-last", action="store_true", help="PyTorch's images and weights channels-last")
    parser.add_argument("--torch", metavar="NETWORK:BATCH:SIDE", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.torch:
        name, batch, side = args.torch.split(":")
        print(json.dumps(torch_steps(name, int(batch), int(side), args)))
        return
    shared = []
    for key in ("steps", "threads", "channels", "classes"):
        shared += [f"--{key}", str(getattr(args, key))]
    print(f"{args.threads} threads, {args.turns} turns of {args.steps} steps, load {os.getloadavg()}", flush=True)
    for case in args.cases:
        name, batch, side = case.split(":")
        ours_command = [args.program, "bench-step", "--model", name, "--batch", batch, "--side", side, "--json", *shared]
        torch_command = [sys.executable, __file__, "--torch", case, *shared]
        if args.channels_last:
            torch_command.append("--channels-last")
        turns = []
        for turn in range(args.turns):
            pair = [last_json(command, args.threads) for command in (ours_command, torch_command)]
            turns.append(pair)
        speed = [ours["images_per_sec"] / torch["images_per_sec"] for ours, torch in turns]
        cpu = [torch["cpu_ms"] / ours["cpu_ms"] for ours, torch in turns]
        memory = [ours["peak_bytes"] / torch["peak_bytes"] for ours, torch in turns]
        print(f"{case}: images/s {spread(speed)}, by CPU time {spread(cpu)}, memory {spread(memory)} of PyTorch's")
        for who, i in (("trainscope", 0), ("PyTorch", 1)):
            column = {key: statistics.median(pair[i][key] for pair in turns) for key in turns[0][1]}
            print(
                f"  {who:<10} {column['images_per_sec']:8.1f} images/s; forward {column['forward_ms']:.0f}, backward "
                f"{column['backward_ms']:.0f}, optimiser {column['optimizer_ms']:.0f} ms; CPU {column['cpu_ms']:.0f} ms; "
                f"{column['peak_bytes'] / 2**20:.0f} MiB",
                flush=True,
            )


if __name__ == "__main__":
    main()

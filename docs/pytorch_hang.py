"""What PyTorch's DataLoader says when one file's read never returns: a FIFO in an image's place, put there after the scan,
stands for a network mount that died.

    python docs/pytorch_hang.py 0     # timeout=0, the default: no word
    python docs/pytorch_hang.py 15    # timeout=15: the run is over
"""
import os
import sys
import tempfile
import threading
import time

from PIL import Image
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

PATIENCE = 90
home = tempfile.mkdtemp()
for name in "ab":
    os.makedirs(f"{home}/{name}")
    for i in range(64):
        Image.new("L", (64, 64), i * 3).save(f"{home}/{name}/{i:02}.png")
data = datasets.ImageFolder(home, transforms.ToTensor())
os.remove(f"{home}/a/40.png")
os.mkfifo(f"{home}/a/40.png")

begun = time.time()
batches = 0


def give_up():
    time.sleep(PATIENCE)
    print(f"given up after {PATIENCE} s, with {batches} batches", flush=True)
    os._exit(1)


threading.Thread(target=give_up, daemon=True).start()
for _ in DataLoader(data, batch_size=8, num_workers=2, timeout=float(sys.argv[1])):
    batches += 1
    print(f"{time.time() - begun:5.1f} s: batch {batches}", flush=True)

"""Files as torch.save writes them, for the tests of src/train/weights: the small CNN (1 channel, 3 classes) with the weights of
make_networks.py's formulas, in the zip format (float16, in a checkpoint of a wrapped model) and in the one before PyTorch 1.6.

Run with torch installed (these: torch 2.15.0): python tests/make_weights.py
"""
import os
from collections import OrderedDict

import numpy as np
import torch

from formulas import hashed

WIDTHS = [8, 16, 32, 64]
tensors = OrderedDict()
k, channels = 0, 1
for block, width in enumerate(WIDTHS):
    i = np.arange(width, dtype=np.float64)
    tensors[f"blocks.{block}.conv.weight"] = hashed(k, (width, channels, 3, 3))
    tensors[f"blocks.{block}.norm.weight"] = 1 + 0.1 * np.sin(i)
    tensors[f"blocks.{block}.norm.bias"] = 0.1 * np.cos(i)
    tensors[f"blocks.{block}.norm.running_mean"] = 0.1 * np.sin(i)
    tensors[f"blocks.{block}.norm.running_var"] = 1 + 0.5 * np.cos(i)
    k, channels = k + 3, width
tensors["out.weight"] = hashed(k, (3, channels))
tensors["out.bias"] = 0.1 * np.cos(np.arange(3, dtype=np.float64))
state = OrderedDict((name, torch.from_numpy(values.astype(np.float32))) for name, values in tensors.items())
folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
torch.save(state, os.path.join(folder, "small_cnn_legacy.pth"), _use_new_zipfile_serialization=False)
wrapped = OrderedDict(("module." + name, value.half()) for name, value in state.items())
wrapped["module.blocks.0.norm.num_batches_tracked"] = torch.tensor(7)
wrapped["module.projector.weight"] = torch.zeros(2, 3)
torch.save({"epoch": 3, "state_dict": wrapped, "optimizer": {"lr": 0.1}}, os.path.join(folder, "small_cnn_zip.pt"))

"""Logits of the shared golden checkpoint (MONAI's DenseNet121) for eight made-up images: makes tests/data/monai_checkpoint.json.

Run with torch and monai installed (these: torch 2.15.0, monai 1.6.1). Beside the checkpoint lie the logits of JPEG files, which also depend on the
decoder; these depend on the weights alone.
"""
import json
import os

import torch
from monai.networks.nets import DenseNet121

from formulas import images

here = os.path.dirname(os.path.abspath(__file__))
network = DenseNet121(spatial_dims=2, in_channels=1, out_channels=6)
network.load_state_dict(torch.load(os.path.join(here, "../../shared/golden/monai_checkpoint/densenet121_mednist.pt")))
network.eval()
with torch.no_grad():
    logits = network(images(8, 1, 64, 64)).double().tolist()
with open(os.path.join(here, "data", "monai_checkpoint.json"), "w") as file:
    json.dump([[float(f"{v:.7g}") for v in row] for row in logits], file, indent=1)
    file.write("\n")

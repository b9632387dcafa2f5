"""Weights and images by formula, for the scripts beside this one."""
import math

import numpy as np
import torch


def hashed(k, shape):
    """Uniform in plus or minus sqrt(6 / fan_in), from a hash of the parameter's place k and the value's place i."""
    i = np.arange(math.prod(shape), dtype=np.uint64)
    mask = np.uint64(0xFFFFFFFF)
    h = (i * np.uint64(2654435761) + np.uint64((k + 12000) * 2246822519 % 2**32 + 1)) & mask
    h = ((h ^ (h >> np.uint64(16))) * np.uint64(0x85EBCA6B)) & mask
    h = ((h ^ (h >> np.uint64(13))) * np.uint64(0xC2B2AE35)) & mask
    h ^= h >> np.uint64(16)
    fan_in = math.prod(shape[1:])
    return ((6 / fan_in) ** 0.5 * (h.astype(np.float64) / 2**31 - 1)).reshape(shape)


def images(n, c, h, w):
    b, ch, r, q = np.meshgrid(*(np.arange(s, dtype=np.float64) for s in (n, c, h, w)), indexing="ij")
    wave = np.sin(0.11 * (b + 1) * r + b + ch) * np.cos(0.07 * (8 - b) * q)
    return torch.from_numpy(((b + 1) / n * (0.5 + 0.5 * wave)).astype(np.float32))

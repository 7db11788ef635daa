"""Candidates' errors in PyTorch, on the tensors' device: the path that needs nothing else."""

from __future__ import annotations

import torch
from torch import Tensor

from study.impact.candidates import Candidates
from study.networks.activations import activation

BLOCKS = {"cpu": 1 << 16, "cuda": 1 << 25}
"""Numbers in the largest intermediate of a block: 512 KiB of float64, about a core's second-level cache; or 256 MiB,
which keeps an accelerator busy."""


def errors(c: Candidates) -> Tensor:
    """Return every candidate's E, float64, shape (candidates,), on their device."""
    samples, widest, numbers = c.t.shape[1], max(*c.sizes, 1), BLOCKS[c.t.device.type]
    chunk = max(1, min(samples, numbers // widest))
    block = max(1, numbers // (widest * chunk))
    found = torch.zeros(len(c), dtype=torch.float64, device=c.t.device)
    for s in range(0, samples, chunk):
        here = slice(s, s + chunk)
        z, t = c.base[:, here].contiguous(), c.t[:, here].contiguous()
        for b in range(0, len(c), block):
            these = slice(b, b + block)
            columns, change = c.columns[these], c.h[c.rows[these], here] - c.constants[these, None]
            if not c.layers:
                out = torch.addcmul(z, columns[:, :, None], change[:, None, :])
            else:
                x = torch.addcmul(z[:, None, :], columns.T[:, :, None], change[None])
                shape = x.shape[1:]
                for (w, bias), name in zip(c.layers, c.activations, strict=True):
                    x = torch.addmm(bias[:, None], w, activation(name).value_(x).flatten(1)).unflatten(1, shape)
                out = x.transpose(0, 1).contiguous()
            found[these] += c.error.total_(out, t)
    return found

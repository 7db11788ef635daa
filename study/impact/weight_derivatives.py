"""First and second derivatives of E by single weights, each alone, from one cached pass; dense layers.

A weight W_l[j, i] acts through one pre-activation, z_j = sum_i W_ji x_i + b_j, which is linear in it. Hence, summed
over the rows,

    dE/dW_ji = sum_n dE_n/dz_j x_in,        d2E/dW_ji^2 = sum_n d2E_n/dz_j^2 x_in^2,

one matrix product a layer (LeCun, Denker & Solla 1990 have the second with a diagonal recursion for d2E/dz_j^2, which
drops terms). Here it is exact: with the tangent v of the pre-activations above along z_j,

    d2E_n/dz_j^2 = v' H v + sum over hidden layers m above of sum_k dE_n/do_mk s''(z_mk) v_mk^2 + dE_n/do_j s''(z_j),

H the output layer's full second derivative. Gauss-Newton leaves out every term with an s'', and of H what
`ErrorFunction.parts` says. Zeroing the weight changes E by -w dE/dW + w^2/2 d2E/dW^2, to second order.
"""

from __future__ import annotations

import torch
from torch import Tensor

from study.common.errors import StudyError
from study.impact.derivatives import first, second, slopes
from study.impact.weights import Pass

BLOCK = 1 << 22
"""Numbers in a block of tangents: 32 MiB."""


def weight_slopes(seen: Pass) -> list[Tensor]:
    """Return dE/dW of every layer, float64, each of the shape of its weights; filters, too."""
    stages, network = seen.stages, seen.stages.network
    above = slopes(stages)  # of the layer above every hidden layer
    below_first = network.operator(1).transposed(above[0]) if network.depth else None
    if below_first is None:
        dz = [stages.error.gradient(stages.z[-1], stages.t)]
    else:
        dz = [network.maps(0).unpooled(below_first).mul_(first(stages, 0)), *above]
    return [network.operator(m).gradient(d, seen.below(m)).reshape(network.weights[m].shape) for m, d in enumerate(dz)]


def weight_curvatures(seen: Pass, gauss_newton: bool = False) -> list[Tensor]:
    """Return d2E/dW^2 of every layer, each weight alone, float64, each of the shape of its weights.

    Args:
        seen: a network of dense layers on the rows.
        gauss_newton: leave out every term with an s''.

    Raises:
        StudyError: for a network with filters.
    """
    network = seen.stages.network
    if network.front:
        raise StudyError(
            f"second derivatives by the weights of filters are not to be had ({network.name}): magnitude, first order "
            "and the oracle are"
        )
    found = []
    for m in range(network.depth + 1):
        if m == network.depth:
            bends = seen.stages.error.diagonal(seen.stages.z[-1], seen.stages.t, gauss_newton)
        else:
            bends = _bends(seen, m, gauss_newton)
        found.append(bends @ (seen.below(m) ** 2).T)
    return found


def _bends(seen: Pass, layer: int, gauss_newton: bool) -> Tensor:
    """Return d2E_n/dz_j^2 of the units of a hidden layer, shape (units, samples)."""
    stages, network = seen.stages, seen.stages.network
    found = torch.empty_like(stages.z[layer])
    dz = slopes(stages)
    widest = max(len(z) for z in stages.z[layer + 1 :]) * len(found)
    for here, part in stages.blocks(max(1, BLOCK // widest)):
        step = first(part, layer)
        # Tangents of all units at once: shape (units above, units, samples).
        v = network.weights[layer + 1][:, :, None] * step
        total = torch.zeros_like(step)
        for m in range(layer + 1, network.depth):
            if not gauss_newton:
                given = network.weights[m + 1].T @ dz[m][:, here]
                total += torch.einsum("is,iks->ks", given * second(part, m), v**2)
            moved = (first(part, m)[:, None] * v).flatten(1)
            v = (network.weights[m + 1] @ moved).unflatten(1, v.shape[1:])
        total += part.error.quadratic(part.z[-1], part.t, v.transpose(1, 2), gauss_newton).T
        if not gauss_newton:
            total += (network.weights[layer + 1].T @ dz[layer][:, here]) * second(part, layer)
        found[:, here] = total
    return found

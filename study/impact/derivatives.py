"""First and second derivatives of E along a unit's output, from cached stages.

Notation of the paper: o a unit's output, x (here z) its pre-activation, s' and s'' the activation's derivatives. All
results are per unit and sample, shape (units, samples), so that a criterion can weigh them before it sums.
"""

from __future__ import annotations

import torch
from torch import Tensor

from study.impact.stages import Stages
from study.networks.activations import activation


def slopes(stages: Stages) -> list[Tensor]:
    """Return dE_n/do for every hidden layer by back-propagation: dE/do_j = sum_i dE/dx_i w_ij."""
    gradients: list[Tensor] = []
    dz = stages.error.gradient(stages.z[-1], stages.t)
    for m in reversed(range(stages.network.depth)):
        do = stages.network.weights[m + 1].T @ dz
        gradients.insert(0, do)
        dz = do * first(stages, m)
    return gradients


def diagonal_curvatures(stages: Stages, gradients: list[Tensor]) -> list[Tensor]:
    """Return the paper's d2E_n/do^2 for every hidden layer, by the diagonal recursion.

    Output layer: d2E/dx_i^2 exactly, cross terms between outputs left out; then

        d2E/do_j^2 = sum_i d2E/dx_i^2 w_ij^2,     d2E/dx_j^2 = d2E/do_j^2 s'(x_j)^2 + dE/do_j s''(x_j)

    (paper, second-order section; after LeCun, Denker & Solla 1990). Exact for the last hidden layer where outputs act
    element by element; elsewhere cross terms are dropped.

    Args:
        stages: the network on the rows.
        gradients: what `slopes` returns for them.
    """
    curvatures: list[Tensor] = []
    ddz = stages.error.diagonal(stages.z[-1], stages.t)
    for m in reversed(range(stages.network.depth)):
        ddo = (stages.network.weights[m + 1] ** 2).T @ ddz
        curvatures.insert(0, ddo)
        ddz = ddo * first(stages, m) ** 2 + gradients[m] * second(stages, m)
    return curvatures


def exact_curvature(stages: Stages, gradients: list[Tensor], layer: int, units: Tensor) -> Tensor:
    """Return the exact d2E_n/do^2 of units of one hidden layer, all cross terms included.

    With v_m = dz_m/do_k the tangent of layer m's pre-activations (v_{l+1} = w_k, then
    v_{m+1} = W_{m+1} (s'(z_m) v_m)), differentiating E(z(o_k)) twice gives

        d2E/do_k^2 = v_out' H v_out + sum over later hidden layers m of sum_j dE/do_mj s''(z_mj) v_mj^2,

    H the output layer's full second derivative. v_{l+1} does not depend on the sample, so the first two terms are
    matrix products, and only layers from l+2 on need a tangent of their own for every unit and sample.

    Args:
        stages: the network on the rows.
        gradients: what `slopes` returns for them.
        layer: l.
        units: indices, int64, shape (n,).

    Returns:
        Shape (n, samples).
    """
    network, depth = stages.network, stages.network.depth
    w = network.weights[layer + 1][:, units]
    if layer + 1 == depth:
        if stages.error.output != "softmax":
            return (w**2).T @ stages.error.diagonal(stages.z[-1], stages.t)
        return stages.error.quadratic(stages.z[-1], stages.t, w.T[:, :, None])
    total = (w**2).T @ (gradients[layer + 1] * second(stages, layer + 1))
    # Tangents of all units at once would be units x units x samples: go by blocks of samples.
    widest = max(*network.hidden[layer + 1 :], stages.t.shape[0]) * max(1, len(units))
    chunk = max(1, (1 << 18) // widest)
    alive = [g.nonzero()[:, 0] for g in stages.gains]
    slopes_of = {m: first(stages, m) for m in range(layer + 1, depth)}
    bends_of = {m: gradients[m] * second(stages, m) for m in range(layer + 2, depth)}
    for s in range(0, stages.samples, chunk):
        here = slice(s, min(s + chunk, stages.samples))
        n = here.stop - here.start
        inner = alive[layer + 1]
        # v_{l+2}[i, n, k] = sum_j W[i, j] s'_j(n) w[j, k]: one product for all outputs i of this layer.
        left = network.weights[layer + 2][:, inner][:, None, :] * slopes_of[layer + 1][inner, here].T[None]
        v = (left.flatten(0, 1) @ w[inner]).unflatten(0, (-1, n))
        for m in range(layer + 2, depth):
            total[:, here] += torch.einsum("jn,jnk->kn", bends_of[m][:, here], v * v)
            h = (v * slopes_of[m][:, here, None])[alive[m]]
            v = (network.weights[m + 1][:, alive[m]] @ h.flatten(1)).unflatten(1, (n, -1))
        z, t = stages.z[-1][:, here], stages.t[:, here]
        total[:, here] += stages.error.quadratic(z, t, v.permute(2, 0, 1))
    return total


def first(stages: Stages, layer: int) -> Tensor:
    """Return s'(x) of a hidden layer, 0 for removed units, shape (units, samples)."""
    f = activation(stages.network.activations[layer])
    return f.first(stages.z[layer], stages.h[layer]) * stages.gains[layer][:, None]


def second(stages: Stages, layer: int) -> Tensor:
    """Return s''(x) of a hidden layer, 0 for removed units, shape (units, samples)."""
    f = activation(stages.network.activations[layer])
    return f.second(stages.z[layer], stages.h[layer]) * stages.gains[layer][:, None]

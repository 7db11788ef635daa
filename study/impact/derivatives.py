"""First and second derivatives of E along a unit's output, from cached stages.

Notation of the paper: o a unit's output, x (here z) its pre-activation, s' and s'' the activation's derivatives. A
criterion sums a derivative times the output's change (its square) over the samples. By the chain rule a unit's
derivative is a product with its outgoing weights, dE_n/do_k = sum_i dE_n/dz_i w_ik, so that the sum over samples can
be taken first,

    sum_n c_kn dE_n/do_k = sum_i w_ik sum_n dE_n/dz_i c_kn,

which is one matrix product (`Matrix.directional`) and needs no array of units x samples. Derivatives are therefore
kept for the pre-activations of the layer above. A filter's sums run over the positions of its map, too, and what is
passed back goes through the transposed convolution and the pooling (`networks.convolution`).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from study.impact.stages import Stages, block, by_blocks
from study.networks.activations import activation
from study.networks.convolution import Matrix

BLOCK = 1 << 18
"""Numbers in a block of tangents."""


def slopes(stages: Stages, passed_back: str = "gradient", at_outputs: Tensor | None = None) -> list[Tensor]:
    """Return dE_n/dz of the layer above every hidden layer, shapes as the stages' z, by back-propagation.

    dE/dz_j = s'(z_j) sum_i dE/dz_i w_ij. `passed_back` as in `backpropagated`; `at_outputs`, shape (outputs, samples),
    is where another error than E starts from.
    """
    found = [stages.error.gradient(stages.z[-1], stages.t) if at_outputs is None else at_outputs]
    for m in range(stages.network.depth - 1, 0, -1):
        given = stages.network.maps(m).unpooled(backpropagated(stages, m, found[0], passed_back))
        found.insert(0, given.mul_(first(stages, m)))
    return found


def backpropagated(stages: Stages, layer: int, dz: Tensor, passed_back: str = "gradient") -> Tensor:
    """Return what a hidden layer's units are given for dE_n/do, shape as the stages' h.

    Args:
        stages: the network on the rows.
        layer: the hidden layer.
        dz: of the layer above it, shape (its units, samples).
        passed_back: "gradient": sum_i dE/dz_i w_ij, which is dE/do_j. "weight_gradient": o_j sum_i dE/dz_i, which the
            authors' code of 2016 had in its place; it says nothing of filters.
    """
    if passed_back == "gradient":
        return stages.network.operator(layer + 1).transposed(dz)
    return stages.h[layer] * dz.sum(0)


def diagonal_curvatures(
    stages: Stages,
    slopes: Sequence[Tensor],
    passed_back: str = "gradient",
    slope_of: str = "output",
    output_curvature: str = "exact",
) -> list[Tensor]:
    """Return the paper's d2E_n/dz^2 of the layer above every hidden layer, by the diagonal recursion.

    Output layer: d2E/dx_i^2 exactly, cross terms between outputs left out; then

        d2E/do_j^2 = sum_i d2E/dx_i^2 w_ij^2,     d2E/dx_j^2 = d2E/do_j^2 s'(x_j)^2 + dE/do_j s''(x_j)

    (paper, second-order section; after LeCun, Denker & Solla 1990). d2E/do^2 is exact for the last hidden layer where
    outputs act element by element; elsewhere cross terms are dropped. Of a filter's map those between positions are
    among them: squared kernels and squared factors of the pooling take the place of w_ij^2.

    Args:
        stages: the network on the rows.
        slopes: what `slopes` returns for them.
        passed_back: as in `backpropagated`.
        slope_of: "output"; or "input": dE/dx_j = dE/do_j s'(x_j) stands where dE/do_j belongs.
        output_curvature: "exact"; or "truncated": s''(x_i) alone.

    Raises:
        StudyError: when a softmax's curvature is to be truncated, which has no s''.
    """
    found = [stages.error.diagonal(stages.z[-1], stages.t)]
    if output_curvature == "truncated":
        found = [stages.error.output_second(stages.z[-1])]
    for m in range(stages.network.depth - 1, 0, -1):
        slope, bend = backpropagated(stages, m, slopes[m], passed_back), first(stages, m)
        if slope_of == "input":
            slope = slope * bend
        maps = stages.network.maps(m)
        given = maps.unpooled(stages.network.operator(m + 1).squared.transposed(found[0]), power=2)
        found.insert(0, given.mul_(bend**2).addcmul_(maps.unpooled(slope), second(stages, m)))
    return found


def exact_curvature(
    stages: Stages,
    slopes: Sequence[Tensor],
    layer: int,
    change: Tensor | None = None,
    gauss_newton: bool = False,
) -> Tensor:
    """Return sum_n change_n^2 d2E_n/do^2, exact, of the units of one hidden layer, all cross terms included.

    With v_m = dz_m/do_k the tangent of layer m's pre-activations (v_{l+1} = w_k, then
    v_{m+1} = W_{m+1} (s'(z_m) v_m)), differentiating E(z(o_k)) twice gives

        d2E/do_k^2 = v_out' H v_out + sum over later hidden layers m of sum_j dE/do_mj s''(z_mj) v_mj^2,

    H the output layer's full second derivative. v_{l+1} does not depend on the sample, so the first two terms are
    matrix products, and only layers from l+2 on need a tangent of their own for every unit and sample. The tangent of a
    filter is what its change makes of the pre-activations above, at every position and sample; it is carried upward
    as it is.

    Args:
        stages: the network on the rows.
        slopes: what `slopes` returns for them.
        layer: l.
        change: of their outputs, shape (units left, samples); the outputs themselves where None.
        gauss_newton: leave out every term with an s'': the second one, and of H what `ErrorFunction.parts` says.

    Returns:
        Shape (units left,), in the order of the stages' rows.
    """
    network, depth = stages.network, stages.network.depth
    if layer < network.front:
        return _filter_curvature(stages, slopes, layer, stages.h[layer] if change is None else change, gauss_newton)
    w = network.weights[layer + 1]
    squared = (stages.h[layer] if change is None else change) ** 2
    if layer + 1 == depth:
        return _quadratic(stages, w, squared, gauss_newton)
    return _curvature_from_above(stages, slopes, layer, squared, gauss_newton)


def _curvature_from_above(
    stages: Stages, slopes: Sequence[Tensor], layer: int, squared: Tensor, gauss_newton: bool
) -> Tensor:
    """Return the same of units with hidden layers above the next one, where tangents differ from sample to sample.

    Tangents of all units at once would be units x units x samples: they are taken by blocks of samples.
    """
    network, depth, w = stages.network, stages.network.depth, stages.network.weights[layer + 1]
    bent = () if gauss_newton else range(layer + 1, depth)
    bends = {m: (network.weights[m + 1].T @ slopes[m]).mul_(second(stages, m)) for m in bent}
    steps = {m: first(stages, m) for m in range(layer + 1, depth)}
    total = Matrix(w**2).directional(bends[layer + 1], squared) if bends else w.new_zeros(w.shape[1])
    widest = max(*network.hidden[layer + 1 :], stages.t.shape[0]) * max(1, w.shape[1])
    chunk = max(1, BLOCK // widest)
    for s in range(0, stages.samples, chunk):
        here = slice(s, min(s + chunk, stages.samples))
        n = here.stop - here.start
        # v_{l+2}[i, n, k] = sum_j W[i, j] s'_j(n) w[j, k]: one product for all outputs i of this layer.
        left = network.weights[layer + 2][:, None, :] * steps[layer + 1][:, here].T[None]
        v = (left.flatten(0, 1) @ w).unflatten(0, (-1, n))
        curvature = torch.zeros(n, w.shape[1], dtype=torch.float64, device=w.device)
        for m in range(layer + 2, depth):
            if bends:
                curvature += (bends[m][:, here, None] * v * v).sum(0)
            h = v * steps[m][:, here, None]
            v = (network.weights[m + 1] @ h.flatten(1)).unflatten(1, (n, -1))
        curvature += stages.error.quadratic(stages.z[-1][:, here], stages.t[:, here], v, gauss_newton)
        total += torch.linalg.vecdot(squared[:, here], curvature.T)
    return total


def _filter_curvature(
    stages: Stages, slopes: Sequence[Tensor], layer: int, change: Tensor, gauss_newton: bool
) -> Tensor:
    """Return the same of filters, by blocks of samples: every filter's tangent goes up beside those of the others."""
    network, depth, n = stages.network, stages.network.depth, len(change)
    rows, total = torch.arange(n, device=change.device), change.new_zeros(n)
    if not n:
        return total
    positions = network.maps(layer).positions
    for here, part in by_blocks(stages, layer, n):
        tangent = network.operator(layer + 1).effects(rows, block(change, positions, here))  # (filters, above, ...)
        tangent = tangent.permute(1, 2, 0).contiguous()  # filters last: further samples to the layers above
        for m in range(layer + 1, depth):
            moved = tangent * first(part, m)[:, :, None]
            if not gauss_newton:
                maps = network.maps(m + 1)
                dz = block(slopes[m], maps.size, here)
                bend = network.maps(m).unpooled(backpropagated(part, m, dz)).mul_(second(part, m))
                total += (bend[:, :, None] * tangent * tangent).sum((0, 1))
            pooled = network.maps(m).pooled(moved.flatten(1))
            tangent = network.operator(m + 1).forward(pooled).unflatten(1, (-1, n))
        total += stages.error.quadratic(part.z[-1], part.t, tangent, gauss_newton).sum(0)
    return total


def _quadratic(stages: Stages, w: Tensor, squared: Tensor, gauss_newton: bool) -> Tensor:
    """Return sum_n squared_kn w_k' (d2E_n/dz2) w_k for every column w_k.

    By the parts of `ErrorFunction.parts`, with m_kn = sum_i o_in w_ik: the terms in w_ik^2 go through one product, and
    a softmax's cross terms need m and one more array of units x samples.
    """
    diagonal, cross = stages.error.parts(stages.z[-1], stages.t, gauss_newton)
    total = Matrix(w**2).directional(diagonal, squared)
    if cross is not None:
        o, b, a = cross
        m = w.T @ o
        total += torch.linalg.vecdot(squared, m * (m * a - 2 * (w.T @ b)))
    return total


def first(stages: Stages, layer: int) -> Tensor:
    """Return s'(x) of a hidden layer, shape as the stages' z."""
    f = activation(stages.network.activations[layer])
    return f.first(stages.z[layer], _unpooled(stages, layer))


def second(stages: Stages, layer: int) -> Tensor:
    """Return s''(x) of a hidden layer, shape as the stages' z."""
    f = activation(stages.network.activations[layer])
    return f.second(stages.z[layer], _unpooled(stages, layer))


def _unpooled(stages: Stages, layer: int) -> Tensor:
    if stages.network.maps(layer).pool == 1:
        return stages.h[layer]
    return activation(stages.network.activations[layer]).value(stages.z[layer])

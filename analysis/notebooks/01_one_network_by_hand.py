# %% [markdown]
# # One network by hand
#
# A unit's *gain* is a factor on its output: 1 in the trained network, 0 when the unit is removed. The error as a
# function of one gain, E(gain), is the unit's *error surface*. Everything in the study reads this one curve:
#
# * the **true impact** of a removal is E(0) − E(1): brute force computes it exactly;
# * the **first-order estimate** of it is −E'(1): the tangent at gain 1, followed to gain 0;
# * the **second-order estimate** is −E'(1) + E''(1)/2: the parabola that fits at gain 1.
#
# Here all three are computed by hand, with nothing but a forward pass and automatic differentiation, and then compared
# with what `prune` says.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from torch import Tensor

from analysis.figures.impacts import estimate_against_impact
from analysis.figures.style import RC
from study import load_dataset, prune, train
from study.records.words import colour, label

plt.rcParams.update(RC)

# %% [markdown]
# ## A small network
#
# scikit-learn's digits are always there. The network has one hidden layer of sigmoid units.

# %%
data = load_dataset("digits", seed=0)
network = train("mlp_25", data, seed=0)
rows = data.pruning
units = network.hidden[0]
print(f"A {network.name} network, pruned on {len(rows)} digits.")

# %% [markdown]
# ## E as a function of the gains
#
# The paper's error: half the squared difference of outputs and targets, summed over outputs and digits (not averaged).
# A network takes one vector of gains a hidden layer.


# %%
def error(gains: Tensor) -> Tensor:
    """E with these gains of the hidden units."""
    outputs = network(rows.inputs, [gains])
    return 0.5 * ((outputs - rows.targets) ** 2).sum()


trained = torch.ones(units, dtype=torch.float64)
start = error(trained).item()
print(f"E of the trained network: {start:.4f}")

# %% [markdown]
# ## Removing one unit
#
# Gain 0 silences a unit. A network that never had the unit does the same, and is smaller.

# %%
without = trained.clone()
without[0] = 0.0
smaller = network.compact([without])
outputs = smaller(rows.inputs)
print(f"E with unit 0 silenced:               {error(without).item():.4f}")
print(f"E of the {smaller.name} network without it: {(0.5 * ((outputs - rows.targets) ** 2).sum()).item():.4f}")
print(f"True impact of the removal:           {error(without).item() - start:.4f}")

# %% [markdown]
# ## All units: the truth and two estimates
#
# The truth takes one forward pass a unit. The estimates take the gradient and the diagonal of the Hessian of E by the
# gains, both at the trained network.


# %%
def without_unit(unit: int) -> Tensor:
    """The gains that leave out one unit."""
    gains = trained.clone()
    gains[unit] = 0.0
    return gains


impact = np.array([error(without_unit(k)).item() - start for k in range(units)])
slope = torch.autograd.functional.jacobian(error, trained).numpy()
curvature = torch.autograd.functional.hessian(error, trained).diagonal().numpy()
by_hand = pd.DataFrame({"first order": -slope, "second order": -slope + curvature / 2, "true impact": impact})
by_hand.index.name = "unit"
by_hand.sort_values("true impact").round(3)

# %% [markdown]
# ## The error surfaces of three units
#
# The cheapest unit by truth, the middle one and the dearest. At gain 1 the three lines meet; what counts is how far
# apart they are at gain 0.

# %%
order = np.argsort(impact)
shown = {"cheapest": order[0], "middle": order[units // 2], "dearest": order[-1]}
gains = torch.linspace(-0.1, 1.5, 81, dtype=torch.float64)
figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
for ax, (words, unit) in zip(axes, shown.items(), strict=True):
    surface = []
    for gain in gains:
        now = trained.clone()
        now[unit] = gain
        surface.append(error(now).item())
    step = gains.numpy() - 1
    tangent = start + slope[unit] * step
    ax.plot(gains, surface, color=colour("brute_force"), lw=2, label="E(gain)")
    ax.plot(gains, tangent, color=colour("taylor1"), label="first order")
    ax.plot(gains, tangent + curvature[unit] * step**2 / 2, color=colour("taylor2"), ls="--", label="second order")
    for at in (0.0, 1.0):
        ax.axvline(at, color="0.6", lw=0.8, ls=":")
    ax.set(xlabel="gain (1 = trained, 0 = removed)", ylabel="error E", title=f"unit {unit}, the {words} of {units}")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
# %% [markdown]
# ## What `prune` says
#
# The same numbers, without the loop and the Hessian: `prune` records them for every unit that is left, at every step.
# With one hidden layer and outputs that act one by one, the paper's diagonal recursion leaves nothing out.

# %%
results = {method: prune(network, data, method=method) for method in ("brute_force", "taylor2", "taylor1")}
for method, result in results.items():
    seen = result.impacts.query("event == 0").sort_values("unit")
    mine = by_hand["true impact" if method == "brute_force" else label(method)].to_numpy()
    apart = np.abs(seen["estimate"].to_numpy() - mine).max() / np.abs(mine).max()
    print(f"{label(method):13} by hand and by prune differ by {apart:.1e} of the largest value at most")

# %% [markdown]
# ## Ranking all units
#
# A method removes the unit of its smallest score. So what matters is the order, above all at the cheap end: how many of
# the ten smallest estimates are among the ten smallest impacts, and what the first choice costs beyond the best one
# (*regret*, in the error's units).

# %%
agreed = pd.concat({label(m): r.agreement.query("event == 0 and layer == -1") for m, r in results.items()})
agreed = agreed.droplevel(1)[["spearman", "spearman_25", "overlap_10", "regret", "scale"]]
agreed.columns = [
    "rank correlation",
    "of the 25 cheapest",
    "overlap of the first 10",
    "regret",
    "median estimate / truth",
]
agreed.round(3)

# %%
figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
for ax, method in zip(axes, ("taylor1", "taylor2"), strict=True):
    estimate_against_impact(results[method].impacts.query("event == 0"), ax, label(method), start)

# %% [markdown]
# Points on the grey diagonal are estimated exactly; a unit whose rank is wrong is out of order with the others, however
# near to the line it lies.
#
# ## Removing all of them
#
# After every removal the units that are left are scored anew, and the next one goes, down to the last. Nothing is
# trained on the way.

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for method, result in {**results, "random": prune(network, data, method="random")}.items():
    path = result.trajectory
    axes[0].plot(path["event"], path["error_pruning"], color=colour(method), label=label(method))
    axes[1].plot(path["event"], path["accuracy_pruning"], color=colour(method), label=label(method))
axes[0].set(xlabel=f"units removed, of {units}", ylabel="error E on the pruning rows", yscale="log")
axes[1].set(xlabel=f"units removed, of {units}", ylabel="share of the pruning rows classified right", ylim=(0, 1.02))
axes[0].legend()

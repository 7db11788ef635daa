# %% [markdown]
# # Single weights
#
# Most pruning decides by the magnitude of single weights. Here is the truth of every one of them: what the error
# becomes when it alone is set to zero, all else as it is. The network is small and the data come with the study;
# LeNet-300-100 on MNIST goes by the same lines (`load_dataset("mnist")`, `"mlp_300_100"`), all its weights in seconds.

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from scipy.stats import spearmanr

from analysis.figures.style import RC
from study import load_dataset, train
from study.impact.sampling import stratified
from study.impact.weights import Pass, every_weight
from study.methods import method
from study.methods.base import WeightView
from study.networks import ErrorFunction
from study.records.words import label
from study.training.recipe import Recipe

plt.rcParams.update(RC)

# %%
data = load_dataset("digits")
recipe = Recipe(learning_rate=1.2e-3, batch_size=60, epochs=60, precision="float32")
network = train("mlp_100_50", data, seed=0, activation="relu", output="softmax", recipe=recipe)
error = ErrorFunction("softmax", "cross_entropy")
seen = Pass.of(network, data.pruning, error)
view = WeightView(seen, every_weight(network))
print(f"{network.name}: {len(view.weights):,} weights, error {seen.stages.total():.4g} over {len(data.pruning)} rows")

# %% [markdown]
# ## The truth
#
# An impact is signed: below zero, the network is better without the weight. Zero to the bit are the weights of pixels
# that are dark in every row.

# %%
METHODS = ["magnitude", "taylor1_abs", "taylor1", "curvature", "gauss_newton", "taylor2_exact", "random"]
truth = method("brute_force").weight_scores(view).score
scores = {name: method(name).weight_scores(view).score for name in METHODS}
layers = range(network.depth + 1)
pd.DataFrame(
    {
        f"layer {m + 1}": {
            "weights": len(of := truth[view.weights.layer == m]),
            "better without": float((of < 0).double().mean()),
            "no difference": float((of == 0).double().mean()),
            "median |impact|": float(of.abs().median()),
            "largest impact": float(of.max()),
        }
        for m in layers
    }
).map("{:.3g}".format)

# %% [markdown]
# ## Who ranks them as the truth does
#
# Rank correlation within each layer: with the impact as it is, and with its size. A criterion without a sign cannot see
# that a removal helps; it can only find the weights that matter little either way.


# %%
def agreement(scores: torch.Tensor, layer: int) -> tuple[float, float]:
    """Return Spearman's correlation with the impacts of a layer, and with their sizes."""
    here = view.weights.layer == layer
    return tuple(float(spearmanr(scores[here], of[here])[0]) for of in (truth, truth.abs()))


agreed = {label(name): [value for m in layers for value in agreement(of, m)] for name, of in scores.items()}
columns = pd.MultiIndex.from_product([[f"layer {m + 1}" for m in layers], ["impact", "|impact|"]])
pd.DataFrame(agreed, index=columns).T.round(2)

# %%
figure, axes = plt.subplots(2, 3, figsize=(11, 6.4), layout="constrained")
for m in layers:
    here = view.weights.layer == m
    for ax, name in zip(axes[:, m], ("magnitude", "taylor1"), strict=True):
        x = scores[name][here] / scores[name][here].abs().max()
        ax.plot(x, truth[here], ".", markersize=2, alpha=0.4, color="#0072B2", rasterized=True)
        ax.axhline(0, color="0.4", linewidth=0.6)
        ax.set_yscale("symlog", linthresh=float(truth[here].abs().quantile(0.5)) or 1e-9)
        ax.set(xlabel=f"{label(name)}, share of the largest", title=f"layer {m + 1}" if ax is axes[0, m] else "")
axes[0, 0].set_ylabel("impact (cross-entropy)")
axes[1, 0].set_ylabel("impact (cross-entropy)")
figure.suptitle("Every dot is a weight; below the line the network is better without it")
# %% [markdown]
# ## What a sample says
#
# Where all weights are too many, some are drawn from every decile of magnitude in each layer, with known probabilities.
# Weighted by these, a sample stands for all.

# %%
rows = []
for seed in range(20):
    sample = stratified(seen, view.weights, each=20, seed=seed)
    some = WeightView(seen, sample.weights)
    impacts = method("brute_force").weight_scores(some).score
    share = float(((impacts < 0) / sample.probability).sum() / (1 / sample.probability).sum())
    rows.append({"weights drawn": len(impacts), "better without": share})
drawn = pd.DataFrame(rows)
print(f"Better without, of all weights: {float((truth < 0).double().mean()):.3f}")
mean, spread = drawn["better without"].mean(), drawn["better without"].std()
print(f"By {drawn['weights drawn'][0]} drawn: {mean:.3f}, with a spread of {spread:.3f} over {len(drawn)} draws")

# %% [markdown]
# ## What many together do
#
# Impacts of single weights need not add up. A growing share of the weights is set to zero at once, in the order of each
# criterion, over all layers together; nothing is trained.

# %%
shares = np.linspace(0, 0.9, 19)
figure, ax = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
for name, of in {"brute_force": truth, **scores}.items():
    order, errors = of.argsort(stable=True), []
    for share in shares:
        gone = view.weights[order[: round(share * len(order))]]
        arrays = [w.clone() for w in network.weights]
        for m, array in enumerate(arrays):
            array.view(-1)[gone.index[gone.layer == m]] = 0.0
        z = replace(network, weights=tuple(arrays)).logits(data.pruning.inputs)
        errors.append(float(error.total(z, data.pruning.targets.T)))
    ax.plot(shares, errors, label=label(name))
ax.set(xlabel="share of the weights removed at once", ylabel="cross-entropy over the pruning rows", yscale="log")
ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))

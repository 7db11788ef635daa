# %% [markdown]
# # Your own network
#
# Any stack of linear layers and activations (`torch.nn.Sequential`) and any arrays can be pruned: the study has to know
# neither. Here: a small tanh network with a softmax, trained with a plain torch loop on data that the study does not
# have, scikit-learn's breast cancer table.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from torch import nn

from analysis.figures.style import RC
from analysis.figures.surfaces import surfaces
from study import prune
from study.data import Dataset, Split, one_hot
from study.networks import to_module
from study.records.words import colour, label

plt.rcParams.update(RC)

# %% [markdown]
# ## Your arrays
#
# A data set is three splits of inputs, targets and labels: rows to train on, rows to rank and measure on, and rows that
# neither has seen. The first two may be the same.

# %%
x, y = load_breast_cancer(return_X_y=True)
x_seen, x_new, y_seen, y_new = train_test_split(x, y, test_size=0.3, stratify=y, random_state=0)
mean, spread = x_seen.mean(axis=0), x_seen.std(axis=0)


def split(inputs: np.ndarray, classes: np.ndarray) -> Split:
    """Arrays as a split, inputs standardised by the rows that are trained on."""
    labels = torch.from_numpy(classes.astype(np.int64))
    return Split(torch.from_numpy((inputs - mean) / spread), one_hot(labels, 2), labels)


seen = split(x_seen, y_seen)
splits = {"training": seen, "pruning": seen, "held_out": split(x_new, y_new)}
data = Dataset("breast_cancer", "classification", classes=2, output="softmax", splits=splits)
print(f"{len(data.pruning)} rows to train and prune on, {len(data.held_out)} held out, {data.features} features")

# %% [markdown]
# ## Your module, your training

# %%
torch.manual_seed(0)
module = nn.Sequential(
    *(nn.Linear(data.features, 16), nn.Tanh()),
    *(nn.Linear(16, 12), nn.Tanh()),
    *(nn.Linear(12, 2), nn.Softmax(dim=1)),
).double()
optimizer = torch.optim.Adam(module.parameters(), lr=0.01, weight_decay=1e-3)
for _ in range(300):
    optimizer.zero_grad()
    loss = -(module(seen.inputs).log() * seen.targets).sum(dim=1).mean()
    loss.backward()
    optimizer.step()
print(f"Cross-entropy per row at the end: {loss.item():.4f}")

# %% [markdown]
# ## Prune it
#
# The error that is ranked on is the one that was trained with: the cross-entropy. True impacts are recorded beside
# every method's scores, and every fourth removal's error surface beside the exact second derivative.

# %%
METHODS = ["brute_force", "taylor2_exact", "taylor2", "taylor1", "magnitude", "random"]
results = {method: prune(module, data, method=method, error="cross_entropy", surfaces_every=4) for method in METHODS}
results["taylor2_exact"].trajectory.head()

# %%
start = results["brute_force"].trajectory.iloc[0]
units = int(start["units_left"])
figure, axes = plt.subplots(1, 3, figsize=(12, 4.4), layout="constrained")
columns = {
    "error_pruning": "cross-entropy, sum over the pruning rows",
    "accuracy_pruning": "accuracy on the pruning rows",
    "accuracy_held_out": "accuracy on the held-out rows",
}
for ax, (column, words) in zip(axes, columns.items(), strict=True):
    for method, result in results.items():
        ax.plot(result.trajectory["event"], result.trajectory[column], color=colour(method), label=label(method))
    ax.set(xlabel=f"units removed, of {units}", ylabel=words)
axes[0].set_yscale("log")
axes[2].sharey(axes[1])
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=6)
# %% [markdown]
# ## Estimates against the truth
#
# At the start, over all units: how the scores rank them, and how much of the curvature the diagonal recursion keeps in
# the first layer, where it drops cross terms.

# %%
agreed = pd.concat({label(m): r.agreement.query("event == 0 and layer == -1") for m, r in results.items()})
agreed = agreed.droplevel(1)[["spearman", "overlap_10", "regret", "scale"]]
agreed.columns = ["rank correlation", "overlap of the first 10", "regret", "median estimate / truth"]
agreed.round(3)

# %%
at_start = {
    m: results[m].impacts.query("event == 0").set_index(["layer", "unit"]) for m in ("taylor2", "taylor2_exact")
}
kept = at_start["taylor2"]["curvature"] / at_start["taylor2_exact"]["curvature"]
for layer, shares in kept.groupby("layer"):
    print(f"hidden layer {layer + 1}: curvature by the recursion / exact, median {shares.median():.2f}")

# %% [markdown]
# ## Error surfaces along the way
#
# E(gain) of the unit that goes next, from the first of the removals (dark) to the last (light); the dotted line is the
# trained gain.

# %%
figure, ax = plt.subplots(figsize=(7.5, 4), layout="constrained")
drawn = results["taylor2_exact"].surfaces.query("gain <= 3")
surfaces(drawn, ax, "removals by the exact second derivative")
ax.legend(title="removal", loc="center left", bbox_to_anchor=(1.01, 0.5))
# %% [markdown]
# ## The smaller network
#
# The units that go before accuracy on the pruning rows has fallen by more than a point; then the network without them,
# as a torch module again.

# %%
counts = {method: result.removable(points=1) for method, result in results.items()}
pd.Series(counts, name="units removed").rename(label).to_frame()

# %%
chosen = results["taylor2_exact"]
gone = counts["taylor2_exact"]
smaller = chosen.network_after(gone)
back = to_module(smaller)
with torch.no_grad():
    right = (back(data.held_out.inputs).argmax(dim=1) == data.held_out.labels).double().mean().item()
recorded = chosen.trajectory["accuracy_held_out"][gone]
print(f"{smaller.name} with {smaller.parameters} parameters, where there were {chosen.network_after(0).parameters}")
print(f"Held-out accuracy of the torch module: {right:.4f}; recorded on the way: {recorded:.4f}; before: ", end="")
print(f"{start['accuracy_held_out']:.4f}")

# %% [markdown]
# # The headline result
#
# The paper is cited for "Taylor criteria make poor pruning decisions, brute force does well". The authors' networks and
# result files of 2016 are public, and their code did not compute the formulas that the paper states. Here one network
# with one hidden layer is pruned by brute force, by the criteria **as published** (the paper's equations, smallest
# estimate first) and **as implemented** (what the authors' code computed, in the order in which it removed).
#
# It is the authors' own network where its file and its digits are at hand (`make authors` and `make data` fetch what
# can be had), else one trained here on scikit-learn's digits. The next cell says which one ran.

# %%
import matplotlib.pyplot as plt
import pandas as pd

from analysis import metrics, published
from analysis.figures.degradation import degradation
from analysis.figures.impacts import estimate_against_impact
from analysis.figures.style import RC
from study import load_dataset, prune, train
from study.authors.networks import as_pruned, missing_with_data
from study.records.words import label

plt.rcParams.update(RC)

# %%
absent = missing_with_data("mnist_1x100")
if absent is None:
    network, data = as_pruned("mnist_1x100")
    print(f"Which: the authors' stored network, {network.name}, on the {len(data.pruning)} digits they pruned it on.")
else:
    data = load_dataset("digits", seed=0)
    network = train("mlp_100", data, seed=0)
    print(f"Which: a network trained here, {network.name}, on {len(data.pruning)} of scikit-learn's digits.")
    print(f"Why not the authors': {absent}")

# %% [markdown]
# ## Pruning to the last unit
#
# Units are scored anew after every removal; nothing is trained on the way.

# %%
METHODS = ["brute_force", "taylor2", "taylor2_as_implemented", "taylor1", "taylor1_as_implemented"]
results = {method: prune(network, data, method=method, truth_every=10) for method in METHODS}

# %% [markdown]
# ## How many units go?
#
# The units that are removed before accuracy on the pruning rows has fallen by more than one point, and before the error
# has doubled.

# %%
units = sum(network.hidden)
counts = {}
for method, result in results.items():
    path = result.tables["evaluations"].query("split == 'pruning'")
    found = metrics.trajectory(path["error"].to_numpy(), path["correct"].to_numpy(dtype=float), len(data.pruning))
    counts[method] = {"accuracy within a point": found["r_1"], "error within twice its start": found["m2e"]}
removed = (pd.DataFrame(counts).T * units).round().astype(int)
removed.rename(label).rename_axis(f"units removed, of {units}")

# %%
for method in METHODS[1:]:
    here, best = (removed.loc[m, "accuracy within a point"] for m in (method, "brute_force"))
    print(f"{label(method)} removes {here} units within a point of accuracy, brute force {best}.")

# %% [markdown]
# ## The curves
#
# Solid: brute force and the criteria as published. Dashed: as implemented. Where the authors' network ran, circles are
# the points of the paper's figures for it.

# %%
curves = pd.concat(
    result.trajectory.assign(
        method=method,
        seed=0,
        q=lambda path: path["removed"] / units,
        error_per_sample=lambda path: path["error_pruning"] / len(data.pruning),
        accuracy=lambda path: path["accuracy_pruning"],
    )
    for method, result in results.items()
)
printed = published.curves().query("population == 'mnist_1x100' and ranking == 'iterative'")
implemented = {"taylor1": "taylor1_as_implemented", "taylor2": "taylor2_as_implemented"}
printed = printed.replace({"method": implemented}) if absent is None else printed.iloc[:0]
figure, axes = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
for ax, quantity in zip(axes, ("error_per_sample", "accuracy"), strict=True):
    degradation(curves, printed, ax, quantity)
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
# %%
if len(printed):
    ours = curves[["method", "removed", "error_per_sample"]]
    both = printed.merge(ours, on=["method", "removed"], suffixes=("_printed", "_here"))
    apart = (both["error_per_sample_here"] / both["error_per_sample_printed"] - 1).abs()
    for method, of_method in apart.groupby(both["method"]):
        print(f"{label(method)}: {len(of_method)} printed points, largest relative difference {of_method.max():.1e}")
else:
    print("No points of the paper belong to this network.")

# %% [markdown]
# ## Why the two differ
#
# Estimate against true impact, for every unit of the trained network; on the grey diagonal the two are equal. As
# published, the smallest estimate goes first. As implemented, the largest goes first, when re-ranking among the units
# of below-median magnitude.

# %%
start = results["brute_force"].trajectory["error_pruning"][0]
figure, axes = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
for ax, method in zip(axes, ("taylor2", "taylor2_as_implemented"), strict=True):
    estimate_against_impact(results[method].impacts.query("event == 0"), ax, label(method), start)

# %%
agreed = pd.concat({label(m): r.agreement.query("event == 0 and layer == -1") for m, r in results.items()})
agreed = agreed.droplevel(1)[["spearman", "spearman_25", "overlap_25", "regret"]]
agreed.columns = ["rank correlation", "of the 25 cheapest", "overlap of the first 25", "regret of the first choice"]
agreed.round(3)

# %% [markdown]
# Correlations are those of the estimate; overlap and regret are those of the score, which decides who goes first. A
# high correlation with a large regret is an estimate that is used in the wrong order.

# %% [markdown]
# # A sweep, tested again
#
# `make reproduce` records every cell (one network, one method) in a tracking store. This notebook judges a store by the
# claims, shows what it holds, and tests one claim a second time with another margin: does the verdict depend on it?
#
# The store is the one that the environment variable `STUDY_STORE` names (a path to `mlflow.db`), else the checkout's
# own.

# %%
import os
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import analysis
from analysis import claims, metrics, statistics
from analysis.figures.removable import removable
from analysis.figures.style import RC
from analysis.runs import StoreError
from study.records.words import label, ordered

plt.rcParams.update(RC)

# %%
default = Path(analysis.__file__).parents[1] / "outputs/mlflow/mlflow.db"
store = Path(os.environ.get("STUDY_STORE", default))
if not store.is_file():
    raise StoreError(
        f"There is no tracking store at {store}. Run `make reproduce PROFILE=smoke` (a minute) or `make reproduce`, or "
        "name another store's mlflow.db in STUDY_STORE."
    )
found = analysis.judge(uri=f"sqlite:///{store}")
frames, register = found.frames, found.evaluation.register
seeds = frames.cells["seed"]
print(f"{len(frames.cells)} cells of {len(frames.networks)} networks, seeds {seeds.min()} to {seeds.max()}")

# %% [markdown]
# ## What was run
#
# One row a population: cells by method, and the reason for the populations that could not be run here.

# %%
cells = frames.cells.pivot_table(index="population", columns="method", values="key", aggfunc="count", fill_value=0)
cells = cells[ordered(cells.columns)].rename(columns=label)
cells

# %%
frames.not_run.set_index("population")

# %% [markdown]
# ## Units that can go
#
# From trajectories to metrics, one row a network and method (draws of the random method averaged). `r_1` is the share
# of the units that go before accuracy on the pruning rows has fallen by more than a point; a regression has no
# accuracy, and `r_1pct` there asks that the error stays within one per cent of its range.

# %%
networks = metrics.per_network(found.shown[found.shown["band"] != "missed"])
networks = metrics.main_condition(networks).query("ranking == 'iterative'")
networks = networks.assign(kept=networks["r_1"].fillna(networks["r_1pct"]))
medians = networks.pivot_table(index="population", columns="method", values="kept", aggfunc="median")
medians = medians[ordered(medians.columns)].rename(columns=label)
medians.insert(0, "networks", networks.groupby("population")["seed"].nunique())
medians.round(3)

# %% [markdown]
# ## One claim
#
# A claim is data: a quantity, a test and a margin, one part for every population and split. This one is about the
# brute force and has a single part that decides.

# %%
CLAIM = "C16"
claim = next(c for c in register.claims if c.id == CLAIM)
(part,) = claim.deciding
(of,) = part.of.conditions
print(claim.statement)
print(f"Tested: {part.test}({part.margin:g}) on {part.metric}, {part.population}, {label(of.method)}, {of.ranking}")
print(f"Note: {claim.note}")

# %%
values = networks.query("population == @part.population and method == @of.method")[part.metric].dropna()
if values.empty:
    raise StoreError(f"This store has no cell of {part.population} by {of.method}: run `make reproduce PROFILE=smoke`.")
figure, ax = plt.subplots(figsize=(9, 3), layout="constrained")
removable(networks.query("population == @part.population"), ax, part.metric, "one dot a network, bar: median")
ax.axvline(part.margin, color="0.3", ls="--", lw=1)
ax.set_xlabel(f"share of the units of {part.population} removed ({part.metric}); dashed: the claim's margin")

# %% [markdown]
# ## The same claim with another margin
#
# The published curve is one network, and it falls short of the words in the paper: the register keeps its value beside
# the margin. Let that value be the margin instead. Everything else stays as it is, the correction over all claims of
# the family included.


# %%
def with_margin(margin: float) -> claims.Register:
    """The register with another margin in the claim's deciding part."""
    parts = tuple(replace(p, margin=margin) if p.role == "decides" else p for p in claim.parts)
    changed = replace(claim, parts=parts)
    return replace(register, claims=tuple(changed if c.id == CLAIM else c for c in register.claims))


assert part.published is not None
margins = {"as registered": part.margin, "the published curve's value": part.published}
rows = []
for words, margin in margins.items():
    verdicts = claims.evaluate(frames, found.table, register=with_margin(margin)).verdicts
    overall = verdicts.query("claim == @CLAIM and arm == 'as_published' and part == 'overall'")
    rows.append(overall.assign(words=words).set_index("words"))
tested = pd.concat(rows)
shown = ["margin", "n", "estimate", "low", "high", "p", "p_corrected", "p_smallest", "verdict"]
tested[shown].style.format(precision=3).format(dict.fromkeys(("p", "p_corrected", "p_smallest"), "{:.2g}"))

# %%
first, second = tested["verdict"]
print(f"{CLAIM}: {first} with {part.margin:g}, {second} with {part.published:g}.")
print("The verdict depends on the margin." if first != second else "The verdict is the same.")
for words, reason in tested["reason"][tested["reason"] != ""].items():
    print(f"{words}: {reason}")

# %% [markdown]
# ## Every margin
#
# Two one-sided tests at each margin, before the correction: that the median is above it (small p supports) and that it
# is below it (small p refutes). Between the two crossings the networks at hand cannot tell. With few networks neither
# line can reach the level at all: `p_smallest` above is the smallest corrected p that any outcome could have had.

# %%
grid = np.linspace(0, 1, 201)
level = statistics.ALPHA
figure, ax = plt.subplots(figsize=(9, 3.8), layout="constrained")
for test, words, tone in (("ATLEAST", "median above the margin", "#009E73"), ("ATMOST", "below it", "#D55E00")):
    ax.plot(grid, [statistics.evaluate(test, values, m).p for m in grid], color=tone, label=words)
ax.axhline(level, color="0.3", ls=":", lw=1, label=f"level {level:g}")
for (words, margin), dashes in zip(margins.items(), ("--", "-."), strict=True):
    ax.axvline(margin, color="0.3", ls=dashes, lw=1, label=f"margin {words}")
ax.plot(values, np.full(len(values), 1.3), "k|", ms=9, label="networks")
ax.set(xlabel=f"margin of {part.metric}, share of the units", ylabel="one-sided p, not corrected", yscale="log")
ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))

# %% [markdown]
# A margin that is chosen after a look at the data confirms nothing. The register was fixed before the confirmatory
# runs, and the report's verdicts rest on it alone; this page only says how far a verdict hangs on one of its numbers.

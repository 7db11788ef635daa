"""The fall of the error from a suboptimal start, by hidden layer (V2) and output (V5)."""

from __future__ import annotations

import pandas as pd

from analysis.named import SIGMOID_OUTPUTS, UNTRAINED_HIDDEN
from analysis.numbers import number, percent

HIDDEN = {"": "trained", UNTRAINED_HIDDEN: "left untrained (V2)"}
OUTPUT = {"": "softmax kept", SIGMOID_OUTPUTS: "sigmoids (V5)"}
"""The meaning of the endings of a population's name."""
DIGITS = (0, 1, 2)


def falls(networks: pd.DataFrame) -> pd.DataFrame:
    """Return one row a digit, hidden layer and output: the fall of the error under brute force, medians over networks.

    Args:
        networks: `metrics.per_network` of the main condition (`metrics.main_condition`).
    """
    chosen = networks[(networks["method"] == "brute_force") & (networks["ranking"] == "iterative")]
    rows = []
    for digit in DIGITS:
        for hidden, hidden_words in HIDDEN.items():
            for output, output_words in OUTPUT.items():
                of = chosen[chosen["population"] == f"one_vs_all_{digit}{hidden}{output}"]
                if of.empty:
                    continue
                rows.append(
                    {
                        "digit": str(digit),
                        "hidden layer": hidden_words,
                        "output": output_words,
                        "networks": of["network_key"].nunique(),
                        "start error E0": number(of["E0"].median(), 4),
                        "largest fall of E": percent(of["m6"].median()),
                        "after removals": number(of["m6_at"].median()),
                        "largest fall within 10 removals": percent(of["m6_10"].median()),
                    }
                )
    return pd.DataFrame(rows)

"""The tables of single weights: what is sampled before a decision, how criteria agree with the truth, what came of it.

Layers are those of weights: 0 goes into the first hidden layer, the last into the outputs. Whatever is said of all
weights that are left is estimated from the sample, each weight counted 1/probability times.
"""

from __future__ import annotations

from study.records.column import Column

SAMPLED: dict[str, Column] = {
    "event": Column("int32", "", "as in events: the network before the weights go"),
    "layer": Column("int16", "", "of weights; the last one goes into the outputs"),
    "weight": Column("int32", "", "index in the layer's array, flattened"),
    "stratum": Column("int16", "", "decile of |w| in the layer, 0 to 9; -1 silent: no pruning row can feel the weight"),
    "probability": Column("float64", "", "of the weight to be drawn"),
    "value": Column("float64", "", "w"),
    "first_order": Column("float64", "error", "-w dE/dw on the calibration rows, scaled to the pruning rows"),
    "curvature": Column("float64", "error", "w^2/2 d2E/dw^2 of the same, exact; null for networks with filters"),
    "gauss_newton": Column("float64", "error", "the same with the Gauss-Newton part of d2E/dw^2 alone"),
    "score": Column("float64", "", "the method's, smallest goes first; null where no cut is next but for event 0"),
    "from_cut": Column(
        "float64",
        "share",
        "rank of the score less the weights that go, over the weights left, of the layer, or of all layers where they "
        "are cut together; below 0 goes; null where no cut is next",
    ),
    "impact": Column("float64", "error", "true impact E(w = 0) - E on the pruning rows; 0 within the rounding of E"),
    "impact_validation": Column("float64", "error", "the same on the validation rows; null where there are none"),
    "going": Column("int8", "", "1 where the cut that is next takes the weight, 0 where not; -1 where no cut is next"),
}

BRIDGE: dict[str, Column] = {
    "event": Column("int32", "", "as in sampled"),
    "layer": Column("int16", "", "-1 = all weights that are left, else those of this layer"),
    "criterion": Column(
        "str",
        "",
        "method | magnitude | taylor1 (-w g) | taylor1_abs | curvature | taylor2 | gauss_newton (in place of the exact "
        "curvature) | random (a control) | other_rows (the truth on the validation rows: what noise leaves)",
    ),
    "weights": Column("int32", "weights", "sampled that are not silent: what correlations are of"),
    "silent": Column("float64", "share", "of the weights left that are silent"),
    "spearman": Column("float64", "", "weighted rank correlation of the criterion and the impact, both signed"),
    "spearman_absolute": Column("float64", "", "the same of their magnitudes"),
    "near": Column("int32", "weights", "of weights, those within a tenth of the weights left from the cut"),
    "near_cut": Column("float64", "", "spearman among them; null where no cut is next"),
    "chosen_mean": Column(
        "float64", "error", "mean impact of as many weights as go, silent ones too, had this criterion chosen them"
    ),
    "oracle_mean": Column("float64", "error", "the same had the true impacts chosen them"),
    "regret": Column("float64", "error", "chosen_mean - oracle_mean: what a weight costs more than it must"),
}

DECISIONS: dict[str, Column] = {
    "event": Column("int32", "", "as in sampled, of those before a cut"),
    "weights_left": Column("int64", "weights", "before the cut"),
    "going": Column(
        "int64", "weights", "that go in the cut, and with units that it leaves without links; null as joint is"
    ),
    "better_gone": Column("float64", "share", "of the weights left whose impact is below 0"),
    "going_better_gone": Column("float64", "share", "the same of those that go"),
    "silent": Column("float64", "share", "of the weights left that are silent"),
    "single_sum": Column("float64", "error", "sum of the single impacts of what goes (Horvitz-Thompson)"),
    "joint": Column("float64", "error", "what the cut did to E on the pruning rows; null where training came between"),
    "interaction": Column("float64", "", "joint / single_sum"),
    "instability": Column(
        "float64",
        "share",
        "of the accuracy that the cut took at once, on validation rows where there are some, else on pruning rows",
    ),
    "survivors": Column(
        "float64", "", "weighted rank correlation of single impacts here and when next measured after training"
    ),
}

WEIGHTS: dict[str, dict[str, Column]] = {"sampled": SAMPLED, "bridge": BRIDGE, "decisions": DECISIONS}
"""By name; only cells of single weights have them."""

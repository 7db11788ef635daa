"""Cells of a population of the study, recorded for real."""

from pathlib import Path

from hydra import compose
from omegaconf import DictConfig

from study.cells.run import run_cell
from study.config.population import composer
from tests.tracking.made import store_in

SEEDS, METHODS = (100, 101), ("brute_force", "taylor1", "taylor2")


def six_cells(outputs: Path, figures: bool) -> DictConfig:
    """Run three methods on two networks of digits_1x100, those of brute force with figures; return the last one."""
    with composer():
        for seed in SEEDS:
            for method in METHODS:
                overrides = ["population=digits_1x100", f"seed={seed}", f"method={method}", "record.truth_every=20"]
                overrides += ["record.surfaces_every=40", f"paths.outputs={outputs}"]
                drawn = [seed] if figures and method == METHODS[0] else []
                cfg = compose("config", overrides=[*overrides, f"run.figures_for={drawn}"])
                run_cell(cfg, alone=False)
    return cfg


def store_of_six(folder: Path, empty_store: Path) -> str:
    """Record them in a store of its own, without figures; return its address."""
    store_in(folder / "mlflow", empty_store)
    six_cells(folder, figures=False)
    return f"sqlite:///{folder}/mlflow/mlflow.db"

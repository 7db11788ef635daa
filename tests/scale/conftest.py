"""The cells that every launcher's are compared with."""

import pytest

from tests.once import once
from tests.scale.sweeps import sweep
from tests.tracking.made import store_in


@pytest.fixture(scope="session")
def outputs(tmp_path_factory, empty_store):
    """The folder of outputs of the cells one after another in the process of the command: Hydra's basic launcher."""

    def make(folder):
        store_in(folder / "mlflow", empty_store)
        sweep(f"paths.outputs={folder}")

    return once(tmp_path_factory, "basic", make)

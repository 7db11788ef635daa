"""The cells that every launcher's are compared with."""

import pytest

from tests.once import once
from tests.scale.sweeps import sweep


@pytest.fixture(scope="session")
def outputs(tmp_path_factory):
    """The folder of outputs of the cells one after another in the process of the command: Hydra's basic launcher."""
    return once(tmp_path_factory, "basic", lambda folder: sweep(f"paths.outputs={folder}"))

import pytest

from study.tracking import Store


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """The file of a store without a run; making one takes seconds: copy it (`tests.tracking.made.store_in`)."""
    folder = tmp_path_factory.mktemp("empty")
    Store(f"sqlite:///{folder}/mlflow.db").create()
    return folder / "mlflow.db"

"""Tracking: MLflow, behind one small class. MLflow itself is imported when a store is first used.

store = Store("sqlite:///outputs/mlflow/mlflow.db", artifacts=Path("outputs/mlflow/artifacts"))
store.create()                      # once, before workers start
if store.finished(key) is None:
    store.record_cell(record)
"""

from study.tracking.digest import tables_digest
from study.tracking.record import CellRecord, DatasetNote
from study.tracking.store import Store

__all__ = ["CellRecord", "DatasetNote", "Store", "tables_digest"]

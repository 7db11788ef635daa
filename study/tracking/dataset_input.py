"""A data set as the input of a run, in the form of MLflow's own data sets, without loading it again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from study.tracking import mlflow_internals
from study.tracking.record import DatasetNote

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

DIGEST_LENGTH = 8
"""What the run list shows of a digest, as for MLflow's own data sets; the whole stands in the profile."""


def of(note: DatasetNote) -> DatasetInput:
    """Return the data set as an input; its source is a path, an address, or code where it is generated."""
    from mlflow.entities import Dataset, DatasetInput

    kind: str
    source: dict[str, object]
    if note.source.startswith(("http://", "https://")):
        kind, source = "http", {"url": note.source}
    elif note.source == "generated":
        kind, source = "code", {"tags": mlflow_internals.source("study.data")}
    else:
        kind, source = "local", {"uri": note.source}
    dataset = Dataset(
        name=note.name,
        digest=note.digest[:DIGEST_LENGTH],
        source_type=kind,
        source=json.dumps(source),
        profile=json.dumps({"sha256": note.digest, "samples": note.samples}),
    )
    return DatasetInput(dataset=dataset)

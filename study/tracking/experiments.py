"""The experiment of a store: found by its name or made, with its description in the UI."""

from __future__ import annotations

from pathlib import Path

from study.common.errors import StudyError
from study.tracking import database
from study.tracking.database import patiently
from study.tracking.mlflow_internals import KIND, NOTE
from study.tracking.names import EXPERIMENT_DESCRIPTION, EXPERIMENT_VIEWS

EXPERIMENT_TAGS = {
    NOTE: EXPERIMENT_DESCRIPTION,
    **KIND,
    **dict(view.tag(key) for key, view in EXPERIMENT_VIEWS.items()),
}


def found_or_made(uri: str, name: str, artifacts: Path | None) -> str:
    """Return MLflow's id of an experiment.

    Args:
        uri: of the store.
        name: of the experiment.
        artifacts: folder of the runs' files, where it is made; None: the server decides.

    Raises:
        StudyError: when it was deleted in the UI.
    """
    client = database.client(uri)
    found = client.get_experiment_by_name(name)
    if found is None:
        location = str(artifacts) if artifacts else None
        return client.create_experiment(name, artifact_location=location, tags=EXPERIMENT_TAGS)
    if found.lifecycle_stage != "active":
        raise StudyError(
            f"the experiment {name!r} in {uri} is deleted; restore it in the UI, or name another with "
            "tracking.experiment=NAME"
        )
    for tag, value in EXPERIMENT_TAGS.items():
        if found.tags.get(tag) != value:
            patiently(client.set_experiment_tag, found.experiment_id, tag, value)
    return str(found.experiment_id)

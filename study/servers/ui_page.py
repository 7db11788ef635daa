"""The MLflow UI as the study opens it; an ASGI application that `study.ui` hands to uvicorn.

MLflow's page starts with generative AI and an open chat assistant, and forgets on the way from a list of runs to a run
that it was asked for model training. Both are preferences that the page keeps in the browser. Here they are set before
it looks for them, unless the person who uses that browser has chosen otherwise.

Whatever is asked for passes MLflow's own guards first. A page of another site could else reach this server under a name
of its own that leads to this machine (DNS rebinding), or show it in a frame: only names of this machine are answered,
and those of MLflow's variable `MLFLOW_SERVER_ALLOWED_HOSTS`.
"""

from __future__ import annotations

import json
import os
from typing import Any

from starlette.responses import HTMLResponse

from study.tracking.mlflow_internals import PREFERRED, guarded, ui_application, ui_page

START = "STUDY_UI_START"
"""Environment variable with the place, `#/...`, that opens where the address names none."""
NAMES = ("localhost", "127.0.0.1", "[::1]", "localhost:*", "127.0.0.1:*", "[[]::1]:*")
"""What a browser on this machine calls it, as patterns. MLflow's own have `10.*`, and with it `10.example.org`."""
FRAMES = {"Content-Security-Policy": "frame-ancestors 'self'"}
"""Beside MLflow's `X-Frame-Options`, which newer browsers prefer this to."""
SCRIPT = """<script>
for (const [key, value] of Object.entries({preferred}))
  if (localStorage.getItem(key) === null) localStorage.setItem(key, JSON.stringify(value));
if (!location.hash && {start}) location.replace({start});
</script>"""


def page() -> str:
    """Return MLflow's page with the preferences set before everything else."""
    index = ui_page().read_text()
    script = SCRIPT.replace("{preferred}", json.dumps(PREFERRED)).replace(
        "{start}", json.dumps(os.environ.get(START, ""))
    )
    return index.replace("<head>", f"<head>{script}", 1)


async def answer(scope: Any, receive: Any, send: Any) -> None:
    """Answer a request that was let in: the page itself, everything else is MLflow's."""
    if scope["type"] == "http" and scope["path"] == "/":
        await HTMLResponse(page(), headers=FRAMES)(scope, receive, send)
    else:
        await _mlflow(scope, receive, send)


_mlflow = ui_application()
app = guarded(answer, NAMES)

"""The code itself: nothing loads pickled objects, runs text, starts a shell, or listens beyond this machine.

And it stays small: a file is read at one go, a function on one screen.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from study.common.paths import ROOT
from study.servers import server, ui

FORBIDDEN_MODULES = {
    "pickle",
    "_pickle",
    "cPickle",
    "cloudpickle",
    "dill",
    "marshal",
    "shelve",
    "jsonpickle",
    "telnetlib",
    "ftplib",
    "xmlrpc",
}
"""Imported nowhere."""

FORBIDDEN_CALLS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "torch.load",
    "torch.jit.load",
    "torch.hub.load",
    "joblib.load",
    "joblib.dump",
    "pd.read_pickle",
    "pandas.read_pickle",
    "yaml.load",
    "yaml.unsafe_load",
    "yaml.full_load",
    "os.system",
    "os.popen",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
    "tempfile.mktemp",
    "tarfile.open",
    "shutil.unpack_archive",
}
"""Called nowhere. (`torch.load` unpickles; archives may hold paths that leave their folder.)"""

FORBIDDEN_METHODS = {"to_pickle", "read_pickle", "extractall", "unsafe_load"}
"""Called on nothing."""

FORBIDDEN_ARGUMENTS = {"shell": True, "allow_pickle": True, "weights_only": False, "verify": False}
"""Given to nothing."""

ALLOWED = {
    ("study/servers/server.py", "address 0.0.0.0"): "asked for with --host, and then named by the machine's name",
    ("study/servers/server.py", "address ::"): "the same",
    ("study/sweeps/plan.py", "import pickle"): "copies what this very process composed; no such bytes are kept or read",
}
"""(file, finding) that is right, with the reason."""

FILES = sorted(p for part in ("study", "analysis") for p in (ROOT / part).rglob("*.py"))


def dotted(node: ast.expr) -> str:
    """`a.b.c` of a name or an attribute; "" of anything else."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def findings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in FORBIDDEN_MODULES:
                    yield node.lineno, f"import {alias.name}"
        elif isinstance(node, ast.ImportFrom):
            found = {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
            if (node.module or "").split(".")[0] in FORBIDDEN_MODULES:
                yield node.lineno, f"from {node.module}"
            for name in found & FORBIDDEN_CALLS:
                yield node.lineno, f"from {name}"
        elif isinstance(node, ast.Call):
            name = dotted(node.func)
            if name in FORBIDDEN_CALLS:
                yield node.lineno, f"{name}()"
            elif isinstance(node.func, ast.Attribute) and node.func.attr in FORBIDDEN_METHODS:
                yield node.lineno, f".{node.func.attr}()"
            for keyword in node.keywords:
                value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
                if keyword.arg in FORBIDDEN_ARGUMENTS and value is FORBIDDEN_ARGUMENTS[keyword.arg]:
                    yield node.lineno, f"{keyword.arg}={value}"
        elif isinstance(node, ast.Constant) and node.value in ("0.0.0.0", "::", "*:5000"):
            yield node.lineno, f"address {node.value}"


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_nothing_runs_what_it_reads_or_listens_to_others(file: Path):
    found = [
        f"{file.relative_to(ROOT)}:{line}: {what}"
        for line, what in findings(ast.parse(file.read_text(encoding="utf-8")))
        if (str(file.relative_to(ROOT)), what) not in ALLOWED
    ]
    assert not found


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import pickle", "import pickle"),
        ("import a, dill", "import dill"),
        ("from pickle import loads", "from pickle"),
        ("from torch import load", "from torch.load"),
        ("from joblib import load as quick", "from joblib.load"),
        ("torch.load(f)", "torch.load()"),
        ("np.load(f, allow_pickle=True)", "allow_pickle=True"),
        ("yaml.load(f, Loader)", "yaml.load()"),
        ("eval(text)", "eval()"),
        ("subprocess.run(text, shell=True)", "shell=True"),
        ("frame.to_pickle(f)", ".to_pickle()"),
        ("server.bind(('0.0.0.0', 80))", "address 0.0.0.0"),
        ("requests.get(url, verify=False)", "verify=False"),
        ("archive.extractall()", ".extractall()"),
    ],
)
def test_the_search_finds_what_it_looks_for(code, found):
    assert [what for _, what in findings(ast.parse(code))] == [found]


@pytest.mark.parametrize(
    "code", ["model.eval()", "re.compile('a')", "json.load(f)", "yaml.safe_load(f)", "np.load(f)", "run(shell=False)"]
)
def test_the_search_takes_nothing_else_for_it(code):
    assert not list(findings(ast.parse(code)))


def test_every_address_that_something_listens_at_is_this_machines():
    """Whoever names a host to listen at names 127.0.0.1, and no file of the configuration another."""
    named = [
        node.value
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.count(".") == 3
        if all(part.isdecimal() for part in node.value.split("."))
    ]
    assert set(named) - {"0.0.0.0"} == {"127.0.0.1"}  # the other one: see ALLOWED
    assert server.HOST == ui.HOST == "127.0.0.1"  # the default of what may be told otherwise
    texts = [p.read_text() for p in (*(ROOT / "conf").rglob("*.yaml"), ROOT / "Makefile")]
    assert not [text for text in texts if "0.0.0.0" in text]


LINES_OF_A_FILE, LINES_OF_A_FUNCTION, PARAMETERS = 300, 50, 8
COMPILED = "compiled loops over plain arrays, each of them a parameter"
LARGER = {
    "study/impact/_kernel.py": "one file, for numba's cache does not see what changes in another",
    "study/impact/_kernel.py candidate_errors": COMPILED,
    "study/impact/_weight_kernel.py _through": COMPILED,
    "study/impact/_weight_kernel.py _tile_error": COMPILED,
    "study/impact/_weight_kernel.py hidden_changes": COMPILED,
    "study/impact/_weight_kernel.py output_changes": COMPILED,
    "study/impact/_kinked_kernel.py kinked_changes": COMPILED,
    "study/trajectories/trajectory.py prune": "settings beside the fields of which they are made, by keyword",
}
"""What may be larger, with the reason."""


def large(text: str, name: str) -> Iterator[str]:
    """What of a file is too large: the file, and its functions, docstrings included; `self` is no parameter."""
    if len(text.splitlines()) > LINES_OF_A_FILE and name not in LARGER:
        yield f"{name}: over {LINES_OF_A_FILE} lines"
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or f"{name} {node.name}" in LARGER:
            continue
        if (node.end_lineno or node.lineno) - node.lineno >= LINES_OF_A_FUNCTION:
            yield f"{name}:{node.lineno} {node.name}: over {LINES_OF_A_FUNCTION} lines"
        given = node.args
        starred = [arg for arg in (given.vararg, given.kwarg) if arg is not None]
        taken = [arg.arg for arg in (*given.posonlyargs, *given.args, *given.kwonlyargs, *starred)]
        if len(taken) - (taken[:1] in (["self"], ["cls"])) > PARAMETERS:
            yield f"{name}:{node.lineno} {node.name}: over {PARAMETERS} parameters"


def test_no_file_and_no_function_is_too_large():
    texts = {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in FILES}
    assert not [found for name, text in texts.items() for found in large(text, name)]


@pytest.mark.parametrize("place", LARGER)
def test_what_may_be_larger_is_larger(place: str):
    name, _, function = place.partition(" ")
    found = large((ROOT / name).read_text(encoding="utf-8"), "f.py")
    assert any(f" {function}: " in each if function else each.startswith("f.py: ") for each in found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = 1\n" * 301, "f.py: over 300 lines"),
        ("def f():\n" + "    x = 1\n" * 50, "f.py:1 f: over 50 lines"),
        ("def f(a, b, c, *d, e, g, h, i, **j): ...", "f.py:1 f: over 8 parameters"),
        ("x = 1\n" * 300, None),
        ("def f():\n" + "    x = 1\n" * 49, None),
        ("class A:\n    def f(self, a, b, c, d, e, g, h, i): ...", None),
    ],
)
def test_what_is_too_large_is_seen(text, found):
    assert list(large(text, "f.py")) == ([] if found is None else [found])

"""What is taken from inside Hydra is there, as it was: an upgrade that moves it is told here."""

import ast
from pathlib import Path

from study.common.hydra_internals import arguments_parser
from study.common.paths import PACKAGE, ROOT


def test_the_parser_of_the_command_line_is_as_it_was():
    typed = arguments_parser().parse_args(["-m", "--config-dir", "mine", "seed=1,2"])
    assert (typed.multirun, typed.config_dir, typed.overrides) == (True, "mine", ["seed=1,2"])
    assert [getattr(typed, flag) for flag in ("run", "cfg", "info", "help", "hydra_help", "shell_completion")] == [
        *(False, None, None, False, False, False)
    ]


def test_one_file_alone_knows_the_insides_of_hydra():
    def imported(file: Path) -> set[str]:
        found = ast.walk(ast.parse(file.read_text()))
        return {node.module or "" for node in found if isinstance(node, ast.ImportFrom)}

    files = [*PACKAGE.rglob("*.py"), *(ROOT / "hydra_plugins").rglob("*.py")]
    inside = {file.name for file in files if any(name.startswith("hydra._internal") for name in imported(file))}
    assert inside == {"hydra_internals.py"}

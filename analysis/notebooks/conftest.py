"""The notebooks are run by tests/analysis/test_notebooks.py; importing one to look for doctests would run it."""

collect_ignore_glob = ["[0-9][0-9]_*.py"]

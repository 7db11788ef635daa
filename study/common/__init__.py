"""Shared by all commands: errors, exit codes, progress, paths, and processes that end with the command."""

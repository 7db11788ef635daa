"""The configuration: its schema, checks of the command line and of YAML files, and the objects that it describes."""

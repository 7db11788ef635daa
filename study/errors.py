"""The errors that a user may see: each says what is wrong and the way out."""


class StudyError(ValueError):
    """Something that the user can mend: shown as one message, without a traceback, by the command line."""

"""The one error that is shown to the user; anything else that escapes is a bug."""


class PipelineError(Exception):
    """What is wrong, in one sentence, and what to do about it."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

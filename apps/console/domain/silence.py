"""Who was asked and gave no answer: told on the panel, and nothing else stops."""


class Silent(Exception):
    """A server that cannot be asked, or refuses the question."""

    def __init__(self, server: str, why: str) -> None:
        super().__init__(f"{server} does not answer: {why}.")
        self.server = server
        self.why = why

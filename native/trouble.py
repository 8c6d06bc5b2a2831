"""What stops a command: what is wrong, and what to do about it."""


class Trouble(Exception):
    """Told to the user as it is; the command then ends with exit code 1."""

    def __init__(self, wrong: str, remedy: str = "", *, tail: str = "") -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.remedy = remedy
        self.tail = tail

    def __str__(self) -> str:
        parts = (self.tail, self.wrong, self.remedy and f"What to do: {self.remedy}")
        return "\n".join(part for part in parts if part)

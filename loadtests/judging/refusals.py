"""What the right answer is to a question asked wrongly, or asked again."""

from .answers import Answer, Judge, Reason, differs, not_status, wrong


def refused(status: int, code: str, *, secret: str = "") -> Judge:
    """No answer but a problem, and this one."""

    def judge(answer: Answer) -> str | None:
        if secret and secret in answer.text:
            return wrong(Reason.CARD, "the problem repeats the card number")
        if fault := not_status(answer, status):
            return fault
        return differs(answer.js, {"code": code, "status": status}, Reason.PROBLEM)

    return judge


def repeated(first: Answer) -> Judge:
    """The same answer to the byte, and marked as said before."""

    def judge(answer: Answer) -> str | None:
        if (answer.status, answer.text) != (first.status, first.text):
            return wrong(Reason.REPLAY, "answered otherwise the second time")
        if answer.headers.get("idempotent-replayed") != "true":
            return wrong(Reason.REPLAY, "not marked as a repetition")
        return None

    return judge

"""Tills that order payments at a rate, come what may, and judge what they are answered.

Open loop: an order is sent when it is due and its time counts from then, so that a
stack that stalls is not asked less. Whoever is left without an answer asks again under
the same key, as a till does, until he knows. Each answer is a line of the history.
"""

import asyncio
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aiohttp

from benchmarks.books import Book, Ordered
from loadtests import judging
from loadtests.cards import fresh
from loadtests.history import FAIL, INDETERMINATE, KEY, OK, History
from loadtests.judging import Answer, Question
from loadtests.orders import PAYMENTS, below_the_floor, order, through_the_bank
from loadtests.tokens import Header, bearer

GIVE_UP_S = 10.0
"""Far past the gateway's own deadline: it is to answer, not the till to give up."""

ASK_AGAIN_S, PATIENCE_S = 1.0, 45.0

MOST_UNANSWERED = 600

TURNED_AWAY = {429, 503}

Amounts = Callable[[], int]


def stood_in_for() -> int:
    """The bank is asked; while it is silent the shop accepts in its stead."""
    return random.randint(judging.FLOOR + 1, judging.DELEGATION - 1)


def not_stood_in_for() -> int:
    """The bank is asked; while it is silent nobody accepts this in its stead."""
    return random.randint(judging.DELEGATION, judging.CEILING)


def mixed() -> int:
    """Mostly what the bank is asked about, and of all three sorts."""
    sorts = [below_the_floor, stood_in_for, not_stood_in_for]
    return random.choices(sorts, weights=[2, 5, 3])[0]()


def usual() -> int:
    """Six in ten are decided by the shop alone."""
    return random.choices([below_the_floor, through_the_bank], weights=[6, 4])[0]()


@dataclass(frozen=True)
class Tills:
    """Where payments are ordered, and where answers are written down."""

    url: str
    history: History
    patient: bool = True
    """Asks again when nobody knows; else turns away as he was turned away."""
    bearer: Callable[[str], Header] = bearer
    """Whose token goes along."""

    @contextmanager
    def open(self, rate: float, amounts: Amounts = mixed) -> Iterator[Book]:
        """So many orders a second from inside on; all are answered outside."""
        book, closing = Book(), threading.Event()
        work = self._order(book, rate, amounts, closing)
        thread = threading.Thread(target=asyncio.run, args=[work])
        thread.start()
        try:
            yield book
        finally:
            closing.set()
            thread.join()

    def order_for(self, seconds: float, rate: float, amounts: Amounts = mixed) -> Book:
        """All that was ordered in that time, once it is answered."""
        with self.open(rate, amounts) as book:
            time.sleep(seconds)
        return book

    def order_by(self, tills: int, seconds: float, amounts: Amounts = usual) -> Book:
        """As many tills, each of which orders as soon as it was answered."""
        book = Book()
        asyncio.run(self._keep_ordering(book, tills, seconds, amounts))
        return book

    async def _order(
        self, book: Book, rate: float, amounts: Amounts, closing: threading.Event
    ) -> None:
        under_way: set[asyncio.Task[None]] = set()
        async with self._session() as http, asyncio.TaskGroup() as group:
            due = time.time()
            while not closing.is_set():
                await asyncio.sleep(min(0.2, max(0.0, due - time.time())))
                if time.time() < due:
                    continue
                if len(under_way) >= MOST_UNANSWERED:
                    book.not_sent += 1
                else:
                    ordered = Ordered(due, amounts(), uuid4().hex)
                    task = group.create_task(self._until_known(http, ordered, book))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
                due += random.expovariate(rate)

    async def _keep_ordering(
        self, book: Book, tills: int, seconds: float, amounts: Amounts
    ) -> None:
        ends = time.time() + seconds

        async def one(http: aiohttp.ClientSession) -> None:
            while (now := time.time()) < ends:
                ordered = Ordered(now, amounts(), uuid4().hex)
                await self._until_known(http, ordered, book)

        async with self._session() as http, asyncio.TaskGroup() as group:
            for _ in range(tills):
                group.create_task(one(http))

    def _session(self) -> aiohttp.ClientSession:
        limits = aiohttp.TCPConnector(limit=0, keepalive_timeout=2.0)
        patience = aiohttp.ClientTimeout(total=GIVE_UP_S)
        return aiohttp.ClientSession(self.url, connector=limits, timeout=patience)

    async def _until_known(
        self, http: aiohttp.ClientSession, ordered: Ordered, book: Book
    ) -> None:
        body = order(fresh(), ordered.amount)
        judge = _decided_or_pending(body)
        question = Question("pay", "POST", PAYMENTS, judge, {KEY: ordered.key}, body)
        gives_up = ordered.due + PATIENCE_S
        while True:
            began = time.time()
            answer = await self._answered(http, question)
            ordered.tries += 1
            if ordered.tries == 1:
                ordered.first = answer.status
                ordered.seconds = time.time() - ordered.due
                ordered.said = _code(answer)
                book.orders.append(ordered)
            refused = not self.patient and answer.status in TURNED_AWAY
            wrong = None if refused or answer.is_unknown else judge(answer)
            result = INDETERMINATE if answer.is_unknown else FAIL if wrong else OK
            self.history.write(question, answer, began, result)
            ordered.status, ordered.wrong = answer.status, wrong
            if result != INDETERMINATE or refused or time.time() > gives_up:
                break
            await asyncio.sleep(ASK_AGAIN_S)
        if answer.js and answer.status < 300:
            ordered.payment = answer.js
        elif result == INDETERMINATE and not refused:
            ordered.wrong = f"never answered: {answer.status or 'silence'}"

    async def _answered(
        self, http: aiohttp.ClientSession, question: Question
    ) -> Answer:
        headers = {**self.bearer(self.url), **question.headers}
        try:
            async with http.post(
                question.path, json=question.body, headers=headers
            ) as told:
                text = await told.text()
                found = {name.lower(): value for name, value in told.headers.items()}
                return Answer(told.status, text, _js(text), found)
        except (aiohttp.ClientError, TimeoutError):
            return Answer(0)


def _decided_or_pending(body: judging.Body) -> judging.Judge:
    """A payment that is pending is an answer, too: it is decided later."""
    decided, pending = judging.paid(body), judging.pending(body)

    def judge(answer: Answer) -> str | None:
        try:
            return pending(answer) if answer.status == 202 else decided(answer)
        except (KeyError, TypeError) as fault:
            return f"{answer.status} of another shape: {fault!r}"

    return judge


def _js(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _code(answer: Answer) -> str:
    said = answer.js if isinstance(answer.js, dict) else {}
    return str(said.get("code") or "")

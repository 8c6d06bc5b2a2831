"""What the bank can be asked to do."""

from uuid import uuid4

import pytest

from apps.bank.domain import Request, Verdict
from apps.bank.store import SCHEMA, PostgresStore
from apps.bank.usecases import Ports, authorise
from apps.kit.database import Database
from apps.kit.values import Cents
from tests.fakes import FakeAuthorisations, ids

LIMIT = Cents(40_000)


@pytest.fixture(params=["fake", pytest.param("postgres", marks=pytest.mark.postgres)])
async def ports(request):
    if request.param == "fake":
        yield Ports(FakeAuthorisations(), LIMIT, new_id=uuid4)
        return
    database = Database(request.getfixturevalue("database_url"), SCHEMA)
    await database.start()
    yield Ports(PostgresStore(database), LIMIT, new_id=uuid4)
    await database.stop()


def asked(amount: int) -> Request:
    return Request(uuid4(), "M-01", ids(), Cents(amount), "EUR")


@pytest.mark.parametrize(
    ("amount", "verdict", "code"),
    [(40_000, Verdict.APPROVED, "00"), (40_001, Verdict.REFUSED, "05")],
)
async def test_the_bank_authorises_up_to_its_limit(ports, told, amount, verdict, code):
    answer = await authorise(asked(amount), ports)

    assert (answer.verdict, answer.network_code) == (verdict, code)
    assert told.counted("bank.authorisations", bank_verdict=verdict.value) == 1


async def test_asked_again_the_bank_gives_the_same_answer(ports, told):
    request = asked(30_000)

    first, again = [await authorise(request, ports) for _ in range(2)]

    assert first == again

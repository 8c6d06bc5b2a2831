"""All that a back office shows, to be compared."""

from datetime import date
from uuid import uuid5

from apps.backoffice.domain.projections import Projection
from tests.backoffice.histories import SPACE

EARLY = date(2020, 1, 1)


async def everything(ports, payments=range(20), merchants=("M-01", "M-02")):
    """What is shown of these payments, merchants and their cards."""
    views = ports.views
    return {
        "payments": [await views.view(uuid5(SPACE, str(each))) for each in payments],
        "days": [await views.days(each, EARLY) for each in merchants],
        "balances": [await views.balances(each) for each in merchants],
        "cards": [await views.card_status(uuid5(SPACE, f"card {n}")) for n in range(3)],
        "as_of": [await views.as_of(each) for each in Projection],
    }

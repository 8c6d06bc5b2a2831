from tests.payments.conftest import (  # noqa: F401  (payments, as its own tests have it)
    bank,
    clock,
    database,
    faked,
    fraud,
    real,
)

"""The services that payments calls, and the policies between them and us."""

from .bank import HttpBank
from .fraud import HttpFraud
from .guards import Guard, bank_guard, fraud_guard, watch

__all__ = ["Guard", "HttpBank", "HttpFraud", "bank_guard", "fraud_guard", "watch"]

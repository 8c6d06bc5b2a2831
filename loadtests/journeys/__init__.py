"""The journeys: each is a kind of user, and knows the right answer to what he asks."""

JOURNEYS = {
    "till": ("Till", "a shopper at a till: pays, is refused, reads his payment back"),
    "shop": ("Shop", "a shop on the web: pays now, captures or voids later"),
    "refunds": ("Refunds", "gives back a part, then too much, then the rest"),
    "merchant": ("Merchant", "a merchant looks at his days, balance and payments"),
    "tester": ("CardTester", "a thief tries a stolen card until it is suspected"),
    "retrying": ("Retrying", "asks again under the same key, and reuses keys"),
    "impatient": ("Impatient", "is in a hurry; asks later what became of it"),
    "malformed": ("Malformed", "asks wrongly in two dozen ways"),
}
"""By name: the class in the module of that name, and who it is."""

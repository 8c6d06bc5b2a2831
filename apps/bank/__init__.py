"""Answers for the card's issuer: authorises amounts, or refuses them."""

"""Activations: what a customer gets of a digital item: a licence code, a gift card, or what a provider switches on."""

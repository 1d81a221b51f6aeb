"""The providers that payments can talk to, each behind the same port."""

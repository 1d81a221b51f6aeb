"""The customer's agreement: placing, reviewing, cancelling and reading orders."""

"""The life of each tender: authorised, captured, released."""

"""The operator console as files."""

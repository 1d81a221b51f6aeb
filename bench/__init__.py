"""The bench: every performance figure that the project states, measured by one command."""

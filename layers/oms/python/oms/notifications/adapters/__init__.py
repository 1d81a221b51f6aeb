"""How notices leave: through Amazon SES, or into a folder of files."""

"""Two small Sphinx extensions: formulas without a script, and docstrings as they are written here."""

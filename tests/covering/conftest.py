"""Coverings of a second in as many units of work as those of hours."""

import pytest

from polyrelu.covering import checkpoint


@pytest.fixture
def short_units(monkeypatch):
    """What a unit leaves is cut into short lists."""
    monkeypatch.setattr(checkpoint, "LEAST", 32)

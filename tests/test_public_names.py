"""Every public name is there, and stays itself whatever has been imported before."""

import importlib

import polyrelu


def test_public_names():
    for name in polyrelu.__all__:
        assert getattr(polyrelu, name) is not None
    # A module of the same name would take the place of the function once it is imported.
    for module in (
        "certification",
        "selection.pruning",
        "judging.questions",
        "proof.optimum",
        "data.problem",
    ):
        importlib.import_module(f"polyrelu.{module}")
    assert callable(polyrelu.certify)
    assert callable(polyrelu.prune)
    assert callable(polyrelu.ask)
    assert sorted(polyrelu.__all__) == dir(polyrelu)

"""Networks that PyTorch trained (`train_torch`), read without it: what they are told shrinks with training."""

import json
from fractions import Fraction

import pytest

import polyrelu
from polyrelu.cli import main
from polyrelu.interop.weights import read_network
from polyrelu.judging.questions import ask
from polyrelu.networks.coordinates import rounded
from tests.interop.torch_tables import FOLDER, STAGES, TABLES


@pytest.mark.parametrize("name", TABLES)
def test_gap_and_distance_shrink_with_training(name):
    """On iris L-BFGS ends at a kink, where the loss has no derivative: it did not converge, and is told so."""
    table = TABLES[name]
    result = polyrelu.certify(table.X, table.y, table.lam, **table.setting)
    networks = [read_network(str(FOLDER / f"{name}-{stage}.pt")) for stage in STAGES]
    answers = [ask(network, result) for network in networks]
    assert [network.width for network in networks] == [table.width] * 3
    gaps = [answer.relative_gap[1] for answer in answers]
    assert gaps[0] > gaps[1] > gaps[2] > 0
    near = [answer.nearest_stationary for answer in answers]
    distances = [rounded(found.distance) if found else float("inf") for found in near]
    assert distances[0] >= distances[1] > distances[2]
    if name == "iris":
        assert distances[2] > 1e-2
        assert gaps[2] > Fraction(1, 1000)
    else:
        assert distances[2] < 1e-6
        assert gaps[2] < Fraction(1, 10**12)


def test_the_command_reads_the_state_dict(tmp_path, capsys):
    table, data = TABLES["toy"], tmp_path / "toy.csv"
    data.write_text("x,y\n" + "".join(f"{x},{y}\n" for (x,), y in zip(table.X, table.y, strict=True)))
    options = ["--lam", str(table.lam), "--bias", "penalised", "--output-bias", "ridge", "--json"]
    assert main(["network", str(FOLDER / "toy-late.pt"), "--data", str(data), *options]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["setting"]["output_bias"] == "ridge"
    assert 0 < float(answer["relative_gap"][1]) < 1e-12
    assert float(answer["stationary_distance"][1]) < 1e-6

"""What the networks in `weights/` were trained for: see `train_torch`."""

from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from sklearn.datasets import load_diabetes, load_iris

FOLDER = Path(__file__).with_name("weights")
STAGES = ("sgd", "early", "late")


class Table(NamedTuple):
    """Rows, targets, weight_decay, on all parameters or not on biases; width and seed."""

    X: Any
    y: Any
    decay: float
    all_decay: bool
    width: int
    seed: int = 1

    @property
    def lam(self) -> Fraction:
        """n weight_decay / 2, for the mean of MSELoss."""
        return Fraction(str(self.decay)) * len(self.y) / 2

    @property
    def setting(self) -> dict[str, str]:
        """How the biases are paid for."""
        return {"bias": "penalised", "output_bias": "ridge"} if self.all_decay else {"bias": "free"}


IRIS, DIABETES = load_iris().data, load_diabetes()
TABLES = {
    "toy": Table([[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]], [0.0, 1.0, 0.0, 2.0, 0.0, 3.0], 0.2, True, 8),
    "iris": Table(IRIS[:, :3].tolist(), IRIS[:, 3].tolist(), 0.04, False, 6),
    "diabetes": Table(
        (DIABETES.data[:100, [2, 8]] * 20).tolist(), (DIABETES.target[:100] / 100).tolist(), 0.32, False, 6
    ),
}

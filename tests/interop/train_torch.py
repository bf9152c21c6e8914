"""Train the networks in `weights/` with PyTorch: on a toy table, iris and diabetes, each stored three times on the way.

    python tests/interop/train_torch.py          (needs torch; the tests read the files without it)

A `Sequential` of two `Linear` layers in double precision, MSELoss, weight decay in the loss where SGD would have it
(biases of iris and diabetes in a group without): some steps of SGD, then L-BFGS, then L-BFGS to the last digits.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.interop.torch_tables import FOLDER, STAGES, TABLES


def train(table):
    """The network after each stage."""
    import torch

    torch.manual_seed(table.seed)
    torch.set_default_dtype(torch.float64)
    X, y = torch.tensor(table.X), torch.tensor(table.y)[:, None]
    width = table.width
    net = torch.nn.Sequential(torch.nn.Linear(X.shape[1], width), torch.nn.ReLU(), torch.nn.Linear(width, 1))
    decayed = [p for name, p in net.named_parameters() if table.all_decay or "weight" in name]
    others = [p for p in net.parameters() if all(p is not q for q in decayed)]
    groups = [{"params": decayed, "weight_decay": table.decay}, {"params": others, "weight_decay": 0.0}]
    loss, sgd = torch.nn.MSELoss(), torch.optim.SGD([g for g in groups if g["params"]], lr=0.01)
    for _ in range(300):
        sgd.zero_grad()
        loss(net(X), y).backward()
        sgd.step()
    yield net
    for steps in (8, 20_000):
        lbfgs = torch.optim.LBFGS(
            net.parameters(),
            max_iter=steps,
            tolerance_grad=1e-15,
            tolerance_change=0,
            history_size=50,
            line_search_fn="strong_wolfe",
        )

        def objective(lbfgs=lbfgs):
            lbfgs.zero_grad()
            value = loss(net(X), y) + table.decay / 2 * sum((p**2).sum() for p in decayed)
            value.backward()
            return value

        for _ in range(1 if steps < 100 else 20):
            lbfgs.step(objective)
        yield net


def main():
    import torch

    FOLDER.mkdir(exist_ok=True)
    for name, table in TABLES.items():
        for stage, net in zip(STAGES, train(table), strict=True):
            torch.save(net.state_dict(), FOLDER / f"{name}-{stage}.pt")


if __name__ == "__main__":
    main()

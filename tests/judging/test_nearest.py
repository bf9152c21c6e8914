"""Where a network would come to rest: the zero network is an answer only if the objective falls on the way."""

from polyrelu import Network, ask

TABLE = [[-3, 0], [-3, 3], [0, -2], [2, -3]], [-2, -3, 1, -2]


def test_the_zero_network_is_no_rest_for_a_better_one():
    answer = ask(Network.of([[1.0, 1.5]], [-1]), *TABLE, 1)
    assert answer.objective < 9  # |y|^2 / 2, that of the zero network
    assert answer.nearest_stationary is None
    assert "all units go to zero" in answer.nearest_reason
    assert "UNDECIDED" in answer.summary()


def test_the_zero_network_is_where_a_large_penalty_leads():
    answer = ask(Network.of([[1e-3, 1e-3]], [1e-3]), *TABLE, 100)
    assert answer.nearest_stationary.vanished == (0,)
    assert float(answer.nearest_stationary.distance.mid()) < 0.01

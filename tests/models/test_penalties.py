import keras
import pytest

from dlrecipes.errors import ArgumentError
from dlrecipes.models.penalties import kernel_penalties

LAYERS = ["stem", "hidden_1", "outputs"]


def held(penalised, **options):
    found = kernel_penalties(LAYERS, l2=0.5, l1=None, penalised=penalised, **options)
    assert list(found) == LAYERS
    return [name for name, one in found.items() if one is not None]


@pytest.mark.parametrize(
    ("penalised", "expected"),
    [
        ("all", LAYERS),
        ("hidden", ["stem", "hidden_1"]),
        (["hidden_1"], ["hidden_1"]),
        ((0, -1), ["stem", "outputs"]),
        (["stem", 0, -3], ["stem"]),
        ([], []),
    ],
)
def test_which_layers(penalised, expected):
    assert held(penalised) == expected


def test_several_outputs():
    assert held("hidden", outputs=("outputs", "stem")) == ["hidden_1"]


def test_kinds_and_factors():
    def kind(**factors):
        return kernel_penalties(["outputs"], penalised="all", **factors)["outputs"]

    assert kind(l2=None, l1=None) is None
    assert type(kind(l2=0.5, l1=None)) is keras.regularizers.L2
    assert type(kind(l2=None, l1=0.0)) is keras.regularizers.L1
    both = kind(l2=0.5, l1=0.25)
    assert type(both) is keras.regularizers.L1L2
    assert (float(both.l1), float(both.l2)) == (0.25, 0.5)


def test_each_layer_has_one_of_its_own():
    found = kernel_penalties(LAYERS, l2=0.5, l1=0.1, penalised="all")
    assert len({id(one) for one in found.values()}) == 3


@pytest.mark.parametrize(
    ("penalised", "message"),
    [
        ("output", r"`penalised` must be \"all\", \"hidden\" or a sequence .*'output'"),
        (0, r"`penalised` must be \"all\", \"hidden\" or a sequence .* penalised=0"),
        (["hidden1"], r"must name layers .* with 'hidden1'\. Did you mean 'hidden_1'\? The layers"),
        ([3], r"must name layers .* with 3\. The layers are stem, hidden_1, outputs\."),
        ([True], r"must name layers .* with True"),
    ],
)
def test_what_it_refuses(penalised, message):
    with pytest.raises(ArgumentError, match=message):
        held(penalised)


def test_a_factor_is_looked_at_even_where_it_holds_for_nothing():
    with pytest.raises(ArgumentError, match=r"`l1` must be a finite number"):
        kernel_penalties(LAYERS, l2=None, l1=-1.0, penalised=[])

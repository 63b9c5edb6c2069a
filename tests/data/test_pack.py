"""Raw inputs in a file: columns of any name come back with their own values."""

import numpy as np
from hypothesis import example, given, settings, strategies as st

from dlrecipes.data import Columns, pack_inputs, pack_subgroups, unpack_inputs
from dlrecipes.data.pack import unpack_subgroups

NASTY = ["x", "x.npy", "x.npy.npy", "a\0b", "a\0c", "a/b", "a\\b", "../a", "", "y", "50%", "%2F"]
names = st.lists(st.text(max_size=8) | st.sampled_from(NASTY), unique=True, min_size=1)


@settings(deadline=None, max_examples=100)
@example(NASTY)
@given(names)
def test_columns_of_any_name(tmp_path_factory, columns):
    file = tmp_path_factory.mktemp("packed") / "x.npz"
    x = Columns({name: np.array([at, at + 0.5]) for at, name in enumerate(columns)})
    groups = Columns({name: [f"group {at}", "b"] for at, name in enumerate(columns)})
    np.savez(file, **pack_inputs(x), **pack_subgroups(groups), y=np.zeros(2), ids=np.arange(2))
    with np.load(file, allow_pickle=False) as saved:
        arrays = dict(saved)
    for before, after in ((x, unpack_inputs(arrays)), (groups, unpack_subgroups(arrays))):
        assert after.names == before.names
        for name, values in before.items():
            assert after[name].tolist() == values.tolist()


def test_an_ordinary_name_is_read_as_it_stands():
    assert list(pack_inputs(Columns({"home town": ["Oslo"], "a.b": [1]}))) == [
        "x:home town",
        "x:a.b",
    ]

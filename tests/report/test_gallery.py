"""The maps of the layers, from the network to the report."""

import base64
import io

import keras
import numpy as np
import pytest
from PIL import Image

import dlrecipes as dlr
from dlrecipes.errors import RunError
from dlrecipes.report import write_report
from dlrecipes.report.gallery import read_gallery
from dlrecipes.run.keep_network import keep_gallery
from dlrecipes.rundir import RunDirectory


def _network(layers=11):
    return keras.Sequential(
        [keras.Input((6, 5, 1))]
        + [keras.layers.Conv2D(3, 2, padding="same", name=f"c{at}") for at in range(layers)]
        + [keras.layers.Flatten(), keras.layers.Dense(2)]
    )


@pytest.fixture
def data():
    x = np.random.default_rng(0).uniform(size=(40, 6, 5, 1)).astype("float32")
    return dlr.data.from_arrays(x, [0, 1] * 20, kind="image").development()


def test_every_convolution_is_in_the_report(data, make_run, tmp_path):
    run = make_run()
    folder = run.write(tmp_path / "run")
    keep_gallery(_network(), data, RunDirectory(folder))
    pictures = read_gallery(folder / "feature_maps.npz")
    assert [one.name for one in pictures] == ["", *(f"c{at}" for at in range(11))]
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(pictures[0].picture.split(",")[1]))))
    expected = np.round(data.validation.x[0, :, :, 0] * 255)
    np.testing.assert_array_equal(shown, expected)
    page = write_report(folder).read_text()
    assert 'id="gallery"' in page
    assert all(one.picture in page for one in pictures)


def test_no_gallery_where_there_is_nothing_to_see(data, tmp_path):
    directory = RunDirectory(tmp_path)
    keep_gallery(_network(2), data, directory)
    assert len(read_gallery(directory.feature_maps)) == 3
    # ---- of another refit, which is the best now, not even the maps of the one before
    dense = keras.Sequential(
        [keras.Input((6, 5, 1)), keras.layers.Flatten(), keras.layers.Dense(2)]
    )
    keep_gallery(dense, data, directory)
    assert read_gallery(directory.feature_maps) == ()
    (tmp_path / "feature_maps.npz").write_text("no")
    with pytest.raises(RunError, match="maps of the layers must be whole"):
        read_gallery(directory.feature_maps)

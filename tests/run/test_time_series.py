"""A series from its file to a forecast of the rows to come."""

import io
import warnings

import numpy as np
import pandas as pd
import pytest

from dlrecipes.errors import DataWarning
from dlrecipes.recipe import load_recipe
from dlrecipes.results import Plan, RunSettings, Stage

PLAN = Plan((Stage("only", 1, 1, "random", "none"),), batch_size=128, refit_seeds=1)


@pytest.mark.slow
def test_the_rows_to_come_are_forecast_and_warned_of(tmp_path):
    generator = np.random.default_rng(0)
    times = pd.date_range("2024-01-01", periods=1200, freq="h")
    table = pd.DataFrame(
        {
            "date": times.strftime("%d.%m.%Y"),
            "hr": times.hour,
            "rain": generator.normal(size=1200).round(3),
            "sold": 1000 + 50 * (times.hour > 12) + generator.normal(0, 3, 1200),
            "receipt": range(1200),
        }
    )
    table.to_csv(tmp_path / "sales.csv", index=False)
    run = load_recipe("time_series").tune(
        plan=PLAN,
        settings=RunSettings(out=tmp_path / "run", engine="fit", baseline_seconds=1),
        data=str(tmp_path / "sales.csv"),
        target="sold",
        time=["date", "hr"],
        drop=["receipt"],
    )
    new = table.tail(200).astype({"sold": object})
    new.iloc[-1, new.columns.get_loc("sold")] = ""
    new.to_csv(tmp_path / "new.csv", index=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        found = pd.read_csv(io.StringIO(run.predict_table(tmp_path / "new.csv")))
    assert found[["date", "hr", "receipt"]].to_numpy().tolist() == [["19.02.2024", 23, 1199]]
    # ---- the first of all rows have no earlier ones
    with pytest.warns(DataWarning, match="cells of 'sold 7D earlier' are missing"):
        every = run.predict(tmp_path / "new.csv")
    assert len(every) == 200
    assert found["value"][0] == pytest.approx(every[-1], rel=1e-5)
    new["rain"] = 1e6
    new.to_csv(tmp_path / "odd.csv", index=False)
    with pytest.warns(DataWarning, match="1 of 1 cell of 'rain' are outside"):
        run.predict_table(tmp_path / "odd.csv")

"""What the pages presuppose: files to read, and small budgets."""

import functools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image


def _customers(generator, rows):
    age = generator.integers(18, 80, rows)
    monthly = generator.uniform(5, 90, rows).round(2)
    leaves = age / 60 + monthly / 90 + generator.normal(0, 0.3, rows) > 1.4
    return pd.DataFrame(
        {
            "customer": [f"C{number:04d}" for number in generator.permutation(rows)],
            "age": age,
            "town": generator.choice(["Oslo", "Bergen", "Tromsø"], rows),
            "since": pd.Timestamp("2020-01-01")
            + pd.to_timedelta(generator.integers(0, 1500, rows), unit="D"),
            "monthly": np.where(generator.random(rows) < 0.1, np.nan, monthly),
            "churn": np.where(leaves, "yes", "no"),
        }
    )


def _transactions(generator, rows):
    amount = generator.lognormal(4, 1, rows).round(2)
    hour = generator.integers(0, 24, rows)
    odd = np.argsort(-(amount / 100 + (hour < 6) + generator.normal(0, 0.3, rows)))[: rows // 10]
    label = np.full(rows, "fine", dtype=object)
    label[odd] = "fraud"
    return pd.DataFrame({"amount": amount, "hour": hour, "label": label})


def _people(generator, rows):
    sex = generator.choice(["f", "m"], rows)
    hours = generator.integers(20, 60, rows)
    rich = hours + 8 * (sex == "m") + generator.normal(0, 8, rows) > 44
    return pd.DataFrame(
        {
            "hours": hours,
            "years": generator.integers(0, 40, rows),
            "sex": sex,
            "race": generator.choice(["a", "b"], rows),
            "income": np.where(rich, "high", "low"),
        }
    )


def _bikes(generator, rows):
    hour, warm = generator.integers(0, 24, rows), generator.normal(15, 8, rows).round(1)
    expected = np.exp(2 + np.sin((hour - 6) / 12 * np.pi) + 0.04 * warm)
    return pd.DataFrame({"hour": hour, "warm": warm, "bikes": generator.poisson(expected)})


def _houses(generator, rows):
    area = generator.uniform(30, 200, rows).round(1)
    age = generator.integers(0, 100, rows)
    grade = np.array(["good", "fair", "poor"])[np.digitize(age, [30, 60])].astype(object)
    grade[generator.random(rows) < 0.2] = ""
    price = (area * 3 - age + generator.normal(0, 20, rows)).round(1)
    return pd.DataFrame(
        {
            "area": area,
            "age": age,
            "price": np.where(generator.random(rows) < 0.2, np.nan, price),
            "condition": grade,
        }
    )


def _sales(generator, days):
    day = pd.date_range("2026-01-01", periods=days)
    shops = []
    for shop, level in (("north", 100), ("south", 60)):
        week = 20 * np.sin(2 * np.pi * day.day_of_week.to_numpy() / 7)
        sold = (level + week + generator.normal(0, 3, days)).round(1)
        shops.append(pd.DataFrame({"day": day, "shop": shop, "sold": sold}))
    return pd.concat(shops).sort_values(["day", "shop"])


def _pictures(generator, folder):
    for label, shade in (("cat", 60), ("dog", 180)):
        (folder / "photos" / label).mkdir(parents=True)
        for number in range(30):
            pixels = generator.normal(shade, 25, (16, 16)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / "photos" / label / f"{number}.png")
    Image.fromarray(pixels[::-1]).save(folder / "holiday.png")


def _reviews(generator, folder):
    words = {"good": ["lovely", "great", "superb"], "bad": ["dull", "poor", "awful"]}
    filler = ["the", "film", "was", "and", "we", "it", "they", "then", "a", "so", "very", "of"]
    messages = []
    for label, telling in words.items():
        (folder / "reviews" / label).mkdir(parents=True)
        for number in range(60):
            text = " ".join([*generator.choice(filler, 8), generator.choice(telling), str(number)])
            (folder / "reviews" / label / f"{number}.txt").write_text(text)
            messages.append(f"{label}\t{text}\n")
    (folder / "more_reviews").mkdir()
    (folder / "more_reviews" / "1.txt").write_text("what a lovely film")
    (folder / "sms.tsv").write_text("".join(messages))


@pytest.fixture
def working_folder(tmp_path, monkeypatch):
    """The folder that a page runs in, with the files that pages name."""
    generator = np.random.default_rng(0)
    tables = {
        "churn.csv": _customers(generator, 240),
        "transactions.csv": _transactions(generator, 400),
        "people.csv": _people(generator, 1200),
        "houses.csv": _houses(generator, 240),
        "sales.csv": _sales(generator, 120),
        "bikes.csv": _bikes(generator, 240),
    }
    for name, table in tables.items():
        table.to_csv(tmp_path / name, index=False)
    tables["churn.csv"].drop(columns="churn").head(5).to_csv(tmp_path / "new.csv", index=False)
    days = tables["sales.csv"].tail(60).copy()
    days.iloc[-2:, days.columns.get_loc("sold")] = np.nan
    days.to_csv(tmp_path / "new_days.csv", index=False)
    _pictures(generator, tmp_path)
    _reviews(generator, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def small_budgets(monkeypatch):
    """Runs of the pages have a trial a stage, an epoch, one refit and little time for baselines."""
    import dlrecipes.estimators.tabular
    import dlrecipes.recipe.recipe
    import dlrecipes.run
    from dlrecipes.results import RunSettings
    from dlrecipes.search import CoarseToFine

    tune = dlrecipes.run.tune

    @functools.wraps(tune)
    def tune_little(build, splits, objective="val_accuracy", plan=None, settings=None, **arguments):
        plan, settings = plan or CoarseToFine(), settings or RunSettings()
        stages = tuple(replace(stage, trials=1, epochs=1) for stage in plan.stages)
        plan = replace(plan, stages=stages, refit_seeds=1)
        settings = replace(settings, baseline_seconds=1.0)
        return tune(build, splits, objective, plan, settings, **arguments)

    monkeypatch.setattr(dlrecipes.run, "tune", tune_little)
    monkeypatch.setattr(dlrecipes.recipe.recipe, "tune", tune_little)
    monkeypatch.setattr(dlrecipes.estimators.tabular, "tune", tune_little)

import pytest

from dlrecipes.metrics import metric_words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("rmse", "RMSE"),
        ("pr_auc", "average precision"),
        ("macro_f1", "macro F1"),
        ("f1", "F1"),
        ("f0.5", "F0.5"),
        ("cost", "cost"),
        ("log_loss", "log loss"),
        ("sale_price_rmse", "sale price RMSE"),
        ("sold_pr_auc", "sold average precision"),
        ("sold_macro_f1", "sold macro F1"),
        ("my_metric", "my metric"),
    ],
)
def test_words(name, words):
    assert metric_words(name) == words

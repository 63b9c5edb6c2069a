import pytest
from hypothesis import given, strategies as st

from dlrecipes.errors import ArgumentError
from dlrecipes.results import GapPenalty, RunSettings


@pytest.mark.parametrize(
    ("text", "penalty"),
    [
        ("sex: true positive rate=1", GapPenalty("sex", "true positive rate", 1.0)),
        (" sex:Accuracy = .5 ", GapPenalty("sex", "accuracy", 0.5)),
        ("home town: selection_rate=2e-1", GapPenalty("home town", "selection rate", 0.2)),
        ("a: b=c: rmse=3", GapPenalty("a: b=c", "rmse", 3.0)),
    ],
)
def test_the_words_of_a_penalty(text, penalty):
    assert GapPenalty.parse(text) == penalty
    assert GapPenalty.parse(penalty) is penalty
    assert RunSettings(gap_penalty=text).gap_penalty == text


@given(st.floats(1e-300, 1e300))
def test_its_text_keeps_every_digit_of_the_weight(weight):
    penalty = GapPenalty("sex", "false positive rate", weight)
    assert GapPenalty.parse(str(penalty)) == penalty


def test_its_text_is_short():
    assert str(GapPenalty("sex", "accuracy", 1)) == "sex: accuracy=1"


@pytest.mark.parametrize("text", ["", "sex", "sex=1", "accuracy=1", ": accuracy=1", "a: b", 1.0])
def test_no_penalty(text):
    with pytest.raises(ArgumentError, match=r"COLUMN: MEASURE=WEIGHT.*Received: .*sex: true pos"):
        GapPenalty.parse(text)


def test_an_unknown_measure():
    with pytest.raises(ArgumentError, match=r"`measure` must be one of.*'true positive rate'"):
        RunSettings(gap_penalty="sex: beauty=1")


@pytest.mark.parametrize("weight", ["0", "-1", "nan", "inf", "much", ""])
def test_weights_that_are_no_positive_number(weight):
    with pytest.raises(ArgumentError, match=r"weight|COLUMN: MEASURE=WEIGHT"):
        RunSettings(gap_penalty=f"sex: accuracy={weight}")


def test_a_gap_makes_any_score_worse():
    penalty = GapPenalty("sex", "accuracy", 2.0)
    assert penalty.penalised(0.75, 0.25, "max") == 0.25
    assert penalty.penalised(0.75, 0.25, "min") == 1.25
    assert penalty.words("val_loss", "min").startswith("val_loss plus 2 × the largest difference")
    one = GapPenalty("sex", "accuracy", 1.0)
    assert "minus the largest" in one.words("val_accuracy", "max")

from dlrecipes.data.frequent_tokens import frequent_tokens

TEXTS = [["b", "a", "b"], ["c", "b"], ["a"], [], ["d"]]


def test_counts_are_of_texts_and_ties_are_in_order():
    assert list(frequent_tokens(TEXTS, least=1, most=9).items()) == [
        ("a", 2),
        ("b", 2),
        ("c", 1),
        ("d", 1),
    ]


def test_limits():
    assert frequent_tokens(TEXTS, least=2, most=9) == {"a": 2, "b": 2}
    assert frequent_tokens(TEXTS, least=1, most=3) == {"a": 2, "b": 2, "c": 1}
    assert frequent_tokens(TEXTS, least=3, most=3) == {}

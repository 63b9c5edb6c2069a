from dlrecipes.training.engines import FitEngine


def test_contract(check_engine, question):
    check_engine(FitEngine, question)

"""scikit-learn's own checks of an estimator."""

import warnings

import pytest
from sklearn.base import clone
from sklearn.exceptions import SkipTestWarning
from sklearn.utils.estimator_checks import estimator_checks_generator

import dlrecipes as dlr

# The rest train at least once each.
WITHOUT_TRAINING = {
    "check_estimator_cloneable",
    "check_estimator_tags_renamed",
    "check_valid_tag_types",
    "check_estimator_repr",
    "check_no_attributes_set_in_init",
    "check_estimators_unfitted",
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_mixin_order",
    "check_complex_data",
    "check_estimators_empty_data_messages",
    "check_estimator_sparse_tag",
    "check_estimator_sparse_array",
    "check_estimator_sparse_matrix",
    "check_supervised_y_no_nan",
    "check_classifiers_one_label",
    "check_classifiers_regression_target",
    "check_parameters_default_constructible",
    "check_get_params_invariance",
    "check_set_params",
    "check_requires_y_none",
    "check_fit1d",
    "check_fit2d_1sample",
    "check_array_api_input",
    "check_classifiers_one_label_sample_weights",
    "check_decision_proba_consistency",
    "check_estimators_partial_fit_n_features",
    "check_non_transformer_estimators_n_iter",
}


def checks():
    for kind in (dlr.TabularClassifier, dlr.TabularRegressor):
        estimator = kind(trials=2, random_state=0)
        for _, check in estimator_checks_generator(estimator):
            name = check.func.__name__
            marks = [] if name in WITHOUT_TRAINING else [pytest.mark.slow]
            given = "".join(f" {key}" for key in check.keywords)
            yield pytest.param(estimator, check, marks=marks, id=f"{kind.__name__} {name}{given}")


@pytest.mark.parametrize(("estimator", "check"), list(checks()))
def test_check(estimator, check, small):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        check(clone(estimator).set_params(recipe=small))

"""Estimators whose fits are short."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def _the_end_is_untried(end_untried):
    """Each fit has one."""


@pytest.fixture(scope="session")
def small(table_recipe):
    """The path of the recipe."""
    return table_recipe

"""Are there columns of sex, origin or age?"""

from __future__ import annotations

import numpy as np

from dlrecipes.data.audit.column_values import different_values, word_set, words_of
from dlrecipes.data.audit.evidence import FeatureColumn, feature_columns
from dlrecipes.data.option_text import as_option
from dlrecipes.data.parts.split import Split
from dlrecipes.results import DataSpec, Finding

_SEX = word_set(
    "sex gender geschlecht sexe sexo genero genere sesso kon geslacht plec pohlavi sukupuoli "
    "cinsiyet kjonn koen spol płec 性别 性別 성별"
)
_SEXES = (
    word_set("m male man men boy mann maennlich mannlich h homme hombre masculino maschio"),
    word_set("f female woman women girl w frau weiblich femme mujer femenino femmina"),
)
_ORIGIN = word_set(
    "race ethnicity ethnic ethnie ethnicite nationality nationalitat nationalite nacionalidad "
    "citizenship staatsangehorigkeit herkunft raza etnia religion migrationshintergrund "
    "nazionalita birthplace geburtsland"
)
_COUNTRY = word_set("country land origin origine origen state pays pais")
_BORN = word_set("native birth born home foreign geburts")
_AGE = word_set("age alter edad eta idade leeftijd ika wiek yas 年龄 年齢 나이 ages altersgruppe")
_OF_PERSONS = word_set(
    "in years yrs yr at of patient person customer client applicant subject participant group "
    "band range class cat category jahre jahren ans anos anni current user respondent mother "
    "father employee driver bin gruppe interval entry admission diagnosis"
)
MOST_SEXES, MOST_ORIGINS, OLDEST = 6, 100, 125


def check_subgroup_candidates(train: Split, validation: Split, spec: DataSpec) -> Finding:
    """Return the inputs that look like sex, origin or age of people, by their names and values.

    Names are known in several languages. Over such groups a score may differ, and that is asked
    for with `--subgroup`. Those that were named already are not named again.

    Args:
        train: The training part of a table.
        validation: The validation part.
        spec: The raw data's description.
    """
    asked = () if train.subgroups is None else train.subgroups.names
    evidence: dict[str, float | int | str | list[str]] = {}
    for column in feature_columns(train, validation, spec):
        what = _of_people(column)
        if what and column.name not in asked:
            evidence[column.name] = what
    if not evidence:
        return Finding("subgroup candidates", "No other input looks like sex, origin or age.")
    said = ", ".join(f"{name!r} ({what})" for name, what in evidence.items())
    return Finding(
        "subgroup candidates",
        f"{'This input looks' if len(evidence) == 1 else 'These inputs look'} like groups of "
        f"people: {said}.",
        evidence,
        advice="To see whether the network is as good for each, ask for it: "
        f"{as_option('subgroup', *evidence)}.",
    )


def _of_people(column: FeatureColumn) -> str:
    words, values = words_of(column.name), different_values(column.both)
    if column.kind == "date":
        return ""
    texts = [words_of(str(value)) for value in values] if column.kind == "category" else []
    both = len(texts) > 1 and all(any(text & sex for text in texts) for sex in _SEXES)
    named = all(any(text & sex for sex in _SEXES) for text in texts)
    single = all(len(text) == 1 and len(next(iter(text))) == 1 for text in texts)
    if both and named and not single and len(texts) <= MOST_SEXES:
        return "sex"
    few = 2 <= len(values) <= MOST_SEXES
    if words & _SEX and few:
        return "sex"
    many = 2 <= len(values) <= MOST_ORIGINS and column.kind == "category"
    if many and (words & _ORIGIN or (words & _COUNTRY and words & _BORN)):
        return "origin"
    if words & _BORN and "worker" in words and len(values) == 2:
        return "origin"
    if words & _AGE and not words - _AGE - _OF_PERSONS:
        if column.kind == "number" and len(values) > 1:
            # A few, such as 999, may stand for a missing one.
            young, old = np.nanquantile(column.both, [0.01, 0.99])
            return "age" if young >= 0 and 5 < old <= OLDEST else ""
        if column.kind == "category" and 2 <= len(values) <= 20:
            return "age"
    return ""

"""A second part of the zoo: sick and healthy programs by somebody who had seen no check.

The faults come from published lists and from what people ask in forums. Whoever wrote these
programs had read the form that a program takes (`zoo.program`), the scores, the shared data, two
programs for the style and the bare names of the others, so as not to write them again; and neither
the library nor its checks, nor what these say of the rest of the zoo. So the programs may serve to
measure checks which were not made with them in view; a check that was changed because of them no
longer is measured by them.

`heads`, `entries`, `insides`, `limits`, `courses` and `verdicts` hold what is sick: what the
network gives, what it takes, what is inside, what it cannot do, how it is trained, and what is
learnt and judged. `odd_heads`, `odd_insides` and `odd_courses` hold what is healthy and looks
otherwise, `everyday` what is healthy and looks so. `worlds` makes the data, `scores` judges what
the common measures cannot.
"""

from zoo.second import (
    courses,
    entries,
    everyday,
    heads,
    insides,
    limits,
    odd_courses,
    odd_heads,
    odd_insides,
    verdicts,
)

SICK = (
    *heads.MEMBERS,
    *entries.MEMBERS,
    *insides.MEMBERS,
    *limits.MEMBERS,
    *courses.MEMBERS,
    *verdicts.MEMBERS,
)
HEALTHY = (
    *odd_heads.MEMBERS,
    *odd_insides.MEMBERS,
    *odd_courses.MEMBERS,
    *everyday.MEMBERS,
)

__all__ = ["HEALTHY", "SICK"]

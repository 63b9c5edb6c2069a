"""Healthy programs written without sight of any check: for counting false alarms.

Their author read what a member of the zoo is, how it is scored, the shared data and a list of
published faults, but no check, no finding and no other member. A part are plain everyday programs,
the others unusual but right. Each was trained once with seed 0, alone; its curves and its score on
held-out data were looked at, and what a reviewer would have changed was changed before any check
saw it.
"""

from zoo.third import everyday, inside, outputs

HEALTHY = everyday.MEMBERS + outputs.MEMBERS + inside.MEMBERS

"""One chunk: a village or a part of one, from nothing to COPY lines. Pure: the same job and context, the same lines."""

from __future__ import annotations

from random import Random

from ehr.config.demo.context import Context, Job
from ehr.config.demo.diseases import give_diseases
from ehr.config.demo.families import Pyramid, make_households
from ehr.config.demo.names import Names
from ehr.config.demo.people import Numbers, add_dead_and_moved, describe
from ehr.config.demo.rows import Lines
from ehr.config.demo.section_a import SectionA
from ehr.config.demo.section_b import SectionB
from ehr.config.demo.section_c import SectionC, give_pregnancies
from ehr.config.demo.section_d import SectionD

UPLAND_YOUTH = 0.012  # upland communes are younger than the country


class Generator:
    """Tables that all chunks of a process share."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._names = Names()
        self._pyramids = (Pyramid(), Pyramid(UPLAND_YOUTH))

    def generate(self, job: Job) -> Lines:
        """All rows of the chunk. Uses exactly `job.people` keys of people and `job.visits` of encounters."""
        context, names = self._context, self._names
        rng = Random(f"{context.seed}/{job.key}")  # noqa: S311 - invented people, not secrets
        upland = job.place.upland
        people = self._pyramids[upland].draw(rng, job.living, context.as_of)
        drawn = make_households(rng, people, upland=upland)
        add_dead_and_moved(rng, context, job, drawn)
        numbers = Numbers(rng, job, context.taken)
        households = describe(rng, names, numbers, context, job, drawn)
        everybody = [person for household in households for person in household.members]
        give_pregnancies(rng, everybody)
        for person in everybody:
            give_diseases(rng, person)
        lines = Lines()
        section_a = SectionA(rng, names, context, job, lines)
        section_b, section_c = SectionB(rng, context, lines), SectionC(rng, context, job, lines)
        for household in households:
            section_a.write(household, numbers.household())
            for person in household.members:
                section_b.write(household, person)
                section_c.write(person)
        SectionD(rng, context, job, lines).write(everybody)
        return lines

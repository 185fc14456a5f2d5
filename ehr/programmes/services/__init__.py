"""Writing programmes: episodes of a person, facts of a visit, reactions to doses."""

from ehr.programmes.services.episodes import KINDS, save_episode
from ehr.programmes.services.reactions import save_reaction
from ehr.programmes.services.visits import save_visit_facts

__all__ = ["KINDS", "save_episode", "save_reaction", "save_visit_facts"]

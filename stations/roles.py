"""What each role may do. Places limit *which* people; rights limit *what* is done with them.

Right names: <subject>.<action>. A system administrator manages accounts and lists and reads no clinical data
(REQ-SEC-03). Views ask `scope_of(user).can(right)`; a missing right is answered like a missing page: 404.
"""

from stations.models.staff import Role

READ = {"record.view", "record.print", "record.export", "report.view", "list.view"}
WRITE = {"record.change"}

RIGHTS: dict[str, frozenset[str]] = {
    Role.CLERK: frozenset(READ | WRITE),
    Role.HEAD: frozenset(
        READ | WRITE | {"record.delete", "report.submit", "access.view", "place.change", "batch.undo"}
    ),
    Role.CENTRE: frozenset(READ | {"report.receive", "access.view"}),
    Role.DEPARTMENT: frozenset(READ | {"report.receive", "access.view"}),
    # Officers of the HIV, tuberculosis and mental health programmes: the only ones who see restricted claims.
    Role.PROGRAMME: frozenset(READ | WRITE | {"restricted.view"}),
    Role.ADMIN: frozenset({"list.view", "list.change", "place.change", "user.change", "partner.change"}),
    Role.PARTNER: frozenset({"record.view", "record.change", "record.export", "report.view", "list.view"}),
}

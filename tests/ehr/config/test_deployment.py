"""What cannot be run in a test is at least read: image, compose file, variables, lock files, commands."""

import re

import pytest
import yaml

from ehr.config.runtime.environment import BASE_DIR

READS = re.compile(r"""(?:\benv(?:\.\w+)?\(|\brequired\(|environ(?:\.get)?[(\[])\s*["']([A-Z][A-Z_]+)["']""")
# Set by programs, never by people: Django's own variable, and what the tests tell their workers.
NOT_FOR_PEOPLE = {"DJANGO_SETTINGS_MODULE"}


def variables_in_code():
    files = [path for top in ("ehr", "stations", "reports") for path in (BASE_DIR / top).rglob("*.py")]
    files.append(BASE_DIR / "manage.py")
    return {name for path in files for name in READS.findall(path.read_text())} - NOT_FOR_PEOPLE


def explained():
    return set(re.findall(r"^#?([A-Z][A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), re.MULTILINE))


def test_every_variable_that_is_read_is_explained_and_the_other_way_round():
    compose = set(re.findall(r"\$\{([A-Z_]+)", (BASE_DIR / "compose.yaml").read_text()))
    assert explained() == variables_in_code() | compose


def test_every_variable_has_a_comment_above_it():
    lines = (BASE_DIR / ".env.example").read_text().splitlines()
    for number, line in enumerate(lines):
        if re.match(r"^#?[A-Z][A-Z_]+=", line):
            group = next(above for above in reversed(lines[:number]) if not re.match(r"^#?[A-Z][A-Z_]+=", above))
            assert group.startswith("# "), line


def test_the_image_runs_as_a_plain_user_and_can_make_pdf():
    text = (BASE_DIR / "Dockerfile").read_text()
    users = re.findall(r"^USER (\S+)$", text, re.MULTILINE)
    assert users
    assert users[-1] not in ("root", "0")
    for part in ("libpango-1.0-0", "fonts-", "collectstatic", "HEALTHCHECK", "--require-hashes"):
        assert part in text


def test_every_image_has_a_fixed_version():
    names = re.findall(r"^FROM (\S+)", (BASE_DIR / "Dockerfile").read_text(), re.MULTILINE)
    names += re.findall(r"COPY --from=(\S+[/:]\S+)", (BASE_DIR / "Dockerfile").read_text())
    services = yaml.safe_load((BASE_DIR / "compose.yaml").read_text())["services"]
    names += [service["image"] for service in services.values() if "build" not in service]
    assert len(names) == 5
    for name in names:
        assert re.search(r":\d+\.\d+", name), name


def test_compose_starts_all_parts_after_the_migrations():
    services = yaml.safe_load((BASE_DIR / "compose.yaml").read_text())["services"]
    assert set(services) == {"web", "worker", "beat", "migrate", "postgres", "valkey"}
    assert services["postgres"]["image"].startswith("postgres:17")
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert set(services["migrate"]["depends_on"]) == {"postgres", "valkey"}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_lock_files_have_hashes_and_name_no_package_index(name):
    text = (BASE_DIR / name).read_text()
    packages = re.findall(r"^[a-z0-9-]+==", text, re.MULTILINE)
    assert len(packages) > 40
    assert text.count("--hash=sha256:") >= len(packages)
    assert "://" not in text
    assert "--index" not in text


def test_continuous_integration_runs_make_test():
    script = BASE_DIR / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert "make test" in script.read_text()

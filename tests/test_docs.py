"""Pages that are made from the code are up to date."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_glossary_equals_the_section_specs():
    spec = importlib.util.spec_from_file_location("glossary", ROOT / "scripts" / "glossary.py")
    glossary = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(glossary)
    assert glossary.TARGET.read_text(encoding="utf-8") == glossary.text()
    assert glossary.text().count("\n| `") == 231

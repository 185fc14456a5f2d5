"""`make bench` runs every benchmark; `make bench NAMES="start search"` runs some of them.

A benchmark is a module of this folder with a `main()` that prints its lines: what was measured, its floor measured in
the same run, their ratio, and the budget of docs and design. A benchmark that cannot run raises.
"""

import importlib
import sys
import time
import traceback
from pathlib import Path


def names() -> list[str]:
    """All benchmarks in alphabetical order; modules with a leading underscore are helpers."""
    return sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))


def run(chosen: list[str]) -> int:
    """Runs the benchmarks `chosen`; 0 when every one came to its end."""
    failed = []
    for name in chosen:
        print(f"\n== {name}", flush=True)
        begin = time.monotonic()
        try:
            importlib.import_module(f"tests.bench.{name}").main()
        except Exception:
            traceback.print_exc()
            failed.append(name)
        print(f"   ({time.monotonic() - begin:.0f} s)", flush=True)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    unknown = set(sys.argv[1:]) - set(names())
    if unknown:
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(names())}")
    sys.exit(run(sys.argv[1:] or names()))

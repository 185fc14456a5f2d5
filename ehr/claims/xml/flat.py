"""Rows of plain documents without a parser: the quick way, for what nearly every file looks like.

A document is plain when it is nothing but `<root><list><row><A>text</A><B/>…</row>…</list></root>` without attributes,
CDATA or comments, with no entities but the five of XML. Every character of it is accounted for, so that what this
module accepts is well-formed and gives exactly what the parser would; for everything else it says None and `tree.py`
reads the document.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ehr.claims.spec import Shape

#: Control characters that XML 1.0 does not allow.
ILLEGAL = bytes(code for code in range(32) if code not in (9, 10, 13))
_NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_EMPTY_TAG = re.compile(r"<([A-Za-z_][\w.-]*)\s*/>", re.ASCII)
_DECLARATION = re.compile(r"""\s*<\?xml\s+version\s*=\s*["']1\.\d["'][^<>?]*\?>""")
_ENTITY = re.compile("&(?:lt|gt|amp|quot|apos);")
_SIGNS = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))
_WRAPPER = re.compile(r"\s*<([A-Za-z_][\w.-]*)\s*>", re.ASCII)
_MOST_LAYOUTS = 4096
_LEARN_AFTER = 8  # rows; making the expression costs as much as reading some hundred rows
_MOST_EXPRESSIONS = 6

#: The columns of a row in their order → how many rows had them; None for what is not plain.
_seen: dict[tuple[str, ...], int | None] = {}
#: Row element → expressions that match one whole row, with its columns; the one that matched last is first.
_expressions: dict[str, list[tuple[re.Pattern[str], tuple[str, ...]]]] = {}


def flat_rows(text: str, shape: Shape) -> list[dict[str, str]] | None:
    """Rows as tag → text, or None when the document is not plain (or has no row). `text`: checked for ILLEGAL."""
    if "!" in text and "<!" in text:
        return None
    escaped = "&" in text
    if escaped and len(_ENTITY.findall(text)) != text.count("&"):
        return None
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    opening = f"<{shape.row}>"
    begin = position = text.find(opening)
    if begin < 0:
        return None
    known = _expressions.setdefault(shape.row, [])
    rows = []
    while True:
        if text.startswith("</", position):
            break
        for at, (expression, names) in enumerate(known):
            if found := expression.match(text, position):
                rows.append(dict(zip(names, found.groups(""), strict=True)))
                position = found.end()
                if at:
                    known.insert(0, known.pop(at))
                break
        else:
            if not text.startswith(opening, position):
                position += len(text) - position - len(text[position:].lstrip())
                if not text.startswith(opening, position):
                    break
            close = text.find(f"</{shape.row}>", position)
            row = _row(text[position + len(opening) : close], shape.row) if close >= 0 else None
            if row is None:
                return None
            rows.append(row)
            position = close + len(opening) + 1
    if not _frame(text[:begin], text[position:], shape.wrappers):
        return None
    if escaped:
        rows = [{name: _unescape(value) for name, value in row.items()} for row in rows]
    return rows


def _unescape(value: str) -> str:
    if "&" not in value:
        return value
    for entity, sign in _SIGNS:
        value = value.replace(entity, sign)
    return value


@lru_cache(maxsize=512)
def _frame(head: str, tail: str, wrappers: frozenset[str]) -> bool:
    """Whether the start tags before the rows are known ones and are closed after them."""
    if declaration := _DECLARATION.match(head):
        head = head[declaration.end() :]
    names = []
    while found := _WRAPPER.match(head):
        names.append(found[1])
        head = head[found.end() :]
    closing = re.sub(r"\s+", "", tail)
    return not head.strip() and wrappers.issuperset(names) and closing == "".join(f"</{n}>" for n in reversed(names))


def _row(text: str, element: str) -> dict[str, str] | None:
    """Columns of one row; None when something else than leaves stands in it, or one stands twice."""
    if "/>" in text:
        text = _EMPTY_TAG.sub(r"<\1></\1>", text)
    # "<A>x</A><B>y</B> " → ["<A", "x</A", "<B", "y</B", " "]
    parts = text.split(">")
    if len(parts) % 2 == 0 or text.count("<") != len(parts) - 1 or parts.pop().strip():
        return None
    names = tuple(part.lstrip()[1:] for part in parts[0::2])
    times = _seen.get(names, 0)
    if times == 0:
        if len(_seen) >= _MOST_LAYOUTS:
            _seen.clear()
        _seen[names] = times = 0 if len(set(names)) == len(names) and all(map(_NAME.fullmatch, names)) else None
    if times is None or not all(part.lstrip().startswith("<") for part in parts[0::2]):
        return None
    closings = [f"</{name}" for name in names]
    contents = parts[1::2]
    values = list(map(str.removesuffix, contents, closings))
    if sum(map(len, contents)) - sum(map(len, values)) != sum(map(len, closings)):
        return None  # some leaf is not closed by its own tag
    _seen[names] = times + 1
    if times + 1 == _LEARN_AFTER:
        _learn(element, names)
    return dict(zip(names, values, strict=True))


def _learn(element: str, names: tuple[str, ...]) -> None:
    """Remembers the layout as one expression: an order of magnitude quicker than taking a row apart."""
    leaves = "".join(rf"<{name}(?:>([^<]*+)</{name}>|\s*+/>)\s*+" for name in map(re.escape, names))
    known = _expressions[element]
    known.insert(0, (re.compile(rf"\s*+<{element}>\s*+{leaves}</{element}>"), names))
    del known[_MOST_EXPRESSIONS:]

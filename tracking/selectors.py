"""CSS selectors, pure: whether a text may be one. The browser knows for sure; this catches slips at the form."""

import re

CLOSES = {")": "(", "]": "["}
# Quoted text, and any character after a backslash.
QUOTED = re.compile(r"""\\.|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""", re.DOTALL)


def is_selector(text: str) -> bool:
    """False for what no browser would take, and for plain words such as the label of a button."""
    bare = QUOTED.sub("x", text).strip()
    if not bare or re.search("[\"'{}!]", bare) or ">>" in re.sub(r"\s", "", bare) or bare[-1] in ">+~,":
        return False
    return _balanced(bare) and (not re.search(r"\s", bare) or bool(re.search(r"[#.\[>:,+~*]", bare)))


def _balanced(bare: str) -> bool:
    is_open: list[str] = []
    for sign in bare:
        if sign in CLOSES.values():
            is_open.append(sign)
        elif sign in CLOSES and (not is_open or is_open.pop() != CLOSES[sign]):
            return False
    return not is_open

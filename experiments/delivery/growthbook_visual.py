"""What GrowthBook's script does to a page for each variant: texts, colours and redirects, and never a script.

Payloads were checked when they were saved; here they become HTML and CSS of somebody's page, so they are checked again.
"""

import html
import re
from collections.abc import Mapping
from typing import Any

from experiments.delivery.growthbook_pages import origin_of
from experiments.payloads import COLOUR
from experiments.payloads.cta import PERCENT, STICKY
from experiments.plan import Plan
from experiments.redirects import host_of, is_path
from tracking.selectors import is_selector

# Beyond its own braces a rule must not reach; the rest of what a selector may be is ``is_selector``'s.
UNSAFE = re.compile(r"[{}<\x00-\x1f]|/\*|\\$")

# What needs more than a rule of CSS and the words of an element.
BEYOND = ("position", "microcopy", "icon")
# As tracking/client/src/variants/cta.ts has them, so that a variant looks the same whoever shows it.
ZOOM = {"small": "85%", "large": "125%"}
INSET = {"top": "12px 0 auto", "bottom": "auto 0 12px", "floating": "auto 16px 16px auto"}

Change = dict[str, Any]


def changes_of(plan: Plan) -> list[Change] | None:
    """By variant. None where the script has nothing to do, or could not do it for every variant alike."""
    if plan.kind == "cta" and not any(variant.payload.get(name) for variant in plan.variants for name in BEYOND):
        changes: list[Change] | None = [_call_to_action(variant.payload) for variant in plan.variants]
    elif plan.kind == "redirect":
        changes = _redirects(plan)
    else:
        changes = None
    return changes if changes and any(changes) else None


def nothing_like(change: Change) -> Change:
    """A change of nothing that the script still takes for one of the same kind, so that it counts."""
    return {"urlRedirect": ""} if "urlRedirect" in change else {"domMutations": []}


def _call_to_action(payload: Mapping[str, Any]) -> Change:
    selector, text = payload.get("selector"), payload.get("text")
    if not isinstance(selector, str) or not is_selector(selector) or UNSAFE.search(selector):
        return {}
    change: Change = {}
    if isinstance(text, str) and text:
        change["domMutations"] = [
            {"selector": selector, "action": "set", "attribute": "html", "value": html.escape(text)},
            # A button made with <input> shows its value.
            {"selector": f"input:is({selector})", "action": "set", "attribute": "value", "value": text},
        ]
    style = "".join(f"{name}:{value}!important;" for name, value in _looks(payload).items())
    return change | ({"css": f"{selector}{{{style}}}"} if style else {})


def _looks(payload: Mapping[str, Any]) -> dict[str, str]:
    looks = {name: payload[name] for name in ("background", "color") if _colour(payload, name)}
    size, sticky = payload.get("size"), payload.get("sticky")
    if isinstance(size, str) and (size in ZOOM or PERCENT.fullmatch(size)):
        looks["zoom"] = ZOOM.get(size, size)
    if isinstance(sticky, str) and sticky in STICKY:
        looks |= {"position": "fixed", "inset": INSET[sticky], "margin": "0 auto", "width": "fit-content"}
        looks["z-index"] = "9999"
    return looks


def _colour(payload: Mapping[str, Any], name: str) -> bool:
    value = payload.get(name)
    return isinstance(value, str) and bool(COLOUR.fullmatch(value))


def _redirects(plan: Plan) -> list[Change] | None:
    """None without pages: a redirect that runs everywhere would also run where it leads to."""
    if not plan.pages:
        return None
    addresses = [_absolute(plan, variant.payload.get("url") or "") for variant in plan.variants]
    if None in addresses:
        return None
    return [{"urlRedirect": address} if address else {} for address in addresses]


def _absolute(plan: Plan, address: str) -> str | None:
    """The script takes whole addresses only: a path is one where the pages name their site. None where it is none."""
    if not address or host_of(address) is not None:
        return address
    site = origin_of(plan.pages)
    return f"{site}{address}" if site and is_path(address) and host_of(f"{site}{address}") else None

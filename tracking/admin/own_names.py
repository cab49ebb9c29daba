"""A name that nothing else here has, and the key made from it."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.functional import Promise

from tracking.naming import key_for


@dataclass(frozen=True, slots=True)
class Naming:
    """What is said when a name or a key is taken, and the key of a name that no key can be made of."""

    otherwise: str
    same_name: str | Promise
    same_key: str | Promise


def settle_key(
    form: forms.ModelForm, cleaned: dict[str, Any], others: QuerySet[Any], naming: Naming, *, known: Any = None
) -> None:
    """Complains at the name where that is what clashes: the browser fills in the key, so few have typed one.

    ``known``: those whose names may be told of, where that is not all that have a key.
    """
    rows = list(others.values_list("name", "key"))
    names = {name for name, _key in rows} if known is None else set(known.values_list("name", flat=True))
    name, key, taken = cleaned["name"], cleaned.get("key"), {row[1] for row in rows}
    made_of_name = not key or key == key_for(name, otherwise=naming.otherwise)
    if "name" in form.changed_data and name.casefold() in {one.casefold() for one in names}:
        form.add_error("name", str(naming.same_name) % {"name": name})
    if made_of_name:
        # A free one even beside the complaint, or the model would add another about the key.
        cleaned["key"] = key_for(name, taken=taken, otherwise=naming.otherwise)
    elif key in taken:
        form.add_error("key", str(naming.same_key))

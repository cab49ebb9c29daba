"""What a project's pages are told beside experiments and triggers: its own wishes, and how often to look around."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from tracking.models import PageInventory, Project

# While we know hardly any page every visit tells what is on it; later one in fifty keeps up with changes.
FEW_PAGES = 25
# A site of few pages is known as well, once so many have told of it.
ENOUGH_REPORTS = 100
RATE_AT_FIRST, RATE_LATER = 1.0, 0.02


@dataclass(frozen=True, slots=True)
class PageSettings:
    """``inventory_rate``: of how many page views the browser tells what is on the page, 0 to 1."""

    requires_consent: bool = True
    form_analytics: bool = False
    inventory_rate: float = RATE_AT_FIRST


# Of a project that is not known yet: nothing before consent.
CAREFUL = PageSettings()


def page_settings() -> dict[int, PageSettings]:
    """By project, in one query, which reads no page's inventory."""
    nth = PageInventory.objects.filter(project=OuterRef("pk")).order_by("path").values("pk")[FEW_PAGES - 1 : FEW_PAGES]
    often = PageInventory.objects.filter(project=OuterRef("pk"), reports__gte=ENOUGH_REPORTS)
    rows = Project.objects.order_by().annotate(is_known=Exists(nth) | Exists(often))
    return {
        project_id: PageSettings(consent, forms, RATE_LATER if is_known else RATE_AT_FIRST)
        for project_id, consent, forms, is_known in rows.values_list(
            "pk", "requires_consent", "form_analytics", "is_known"
        )
    }

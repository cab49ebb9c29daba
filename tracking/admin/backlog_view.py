"""How an installation stands, for whoever waits for results: what waits, what was set aside, what was refused."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import ngettext

from tracking import dues
from tracking.admin.backlog_words import Standing, refused_words, standing
from tracking.models import Project
from tracking.operations import backlog
from tracking.outcomes import refused_requests


@dataclass(frozen=True, slots=True)
class Line:
    tone: str
    title: str
    advice: str
    url: str = ""


def standings(project: Project, days: int, now: datetime) -> list[Line]:
    """Three queries. What is as it should be and not asked for is left out."""
    since = (now - timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
    told = [standing(backlog(project.pk), now), refused_words(refused_requests(project.pk, since, now))]
    lines = [Line(*one) for one in told if one is not None]
    if count := dues.count_set_aside(project.pk):
        lines.append(Line(*_aside(count), url=f"{reverse('admin:tracking_aside')}?project={project.pk}"))
    return lines


def _aside(count: int) -> Standing:
    title = ngettext("%(count)s visitor could not be counted", "%(count)s visitors could not be counted", count)
    advice = ngettext(
        "What they did is stored, but is in no result yet.", "What they did is stored, but is in no result yet.", count
    )
    return Standing("bad", title % {"count": count}, advice)

"""What forms offer to choose from."""

from tracking.models import Project


def only_project() -> Project | None:
    """The project, when there is just one to choose."""
    found = list(Project.objects.order_by()[:2])
    return found[0] if len(found) == 1 else None

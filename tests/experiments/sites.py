"""A small site of Django pages that uses Microlift in the same project; its addresses are this module."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template import RequestContext, Template
from django.urls import path

PAGES = {
    "plain": "Nothing is tested here.",
    "as": '{% load microlift %}{% variant "hero" as shown %}<a class="{{ shown }}">Buy</a>',
    "if": '{% load microlift %}{% ifvariant "hero" "green" %}Buy now{% else %}Add to cart{% endifvariant %}',
    "payload": '{% load microlift %}{% payload "hero" as hero %}{{ hero.text|default:"Add to cart" }}',
    "hidden": '{% load microlift %}{% if False %}{% variant "hero" %}{% endif %}Hidden',
    "twice": '{% load microlift %}{% variant "hero" %} {% variant "hero" %}',
    "script": '{% load microlift %}<script data-visitor="{% microlift_visitor %}"></script>',
}


def page(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse(Template(PAGES[name]).render(RequestContext(request)))


def broken(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.microlift.variant("hero"), status=500)  # type: ignore[attr-defined]


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(request.microlift.variant(name) for name in ("hero",))  # type: ignore[attr-defined]


def refused(request: HttpRequest) -> HttpResponse:
    request.microlift.refuse()  # type: ignore[attr-defined]
    return page(request, "as")


def member(request: HttpRequest) -> HttpResponse:
    visit = request.microlift  # type: ignore[attr-defined]
    visit.identify("u-7")
    visit.tell(plan="pro")
    return HttpResponse(f"{visit.variant('hero')} {visit.shown('hero').reason}")


urlpatterns = [
    path("broken/", broken),
    path("streamed/", streamed),
    path("refused/", refused),
    path("member/", member),
    path("<name>/", page),
]

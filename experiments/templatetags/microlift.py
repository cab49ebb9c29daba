"""Template tags for variants: ``{% load microlift %}``. They need ``request`` in the context and the middleware.

What a tag shows is met: it counts when the page was sent.
"""

from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context

from experiments.site import Visit

register = template.Library()


def _visit(context: Context) -> Visit:
    request = context.get("request")
    visit = getattr(request, "microlift", None)
    if not isinstance(visit, Visit):
        raise template.TemplateSyntaxError(
            "Microlift's tags need the request in the context and experiments.middleware.MicroliftMiddleware."
        )
    return visit


@register.simple_tag(takes_context=True)
def variant(context: Context, experiment: str) -> str:
    """``{% variant "hero-cta" as shown %}``: the variant's key; empty where nothing runs."""
    return _visit(context).variant(experiment) or ""


@register.simple_tag(takes_context=True)
def payload(context: Context, experiment: str) -> Any:
    """``{% payload "hero-cta" as hero %}{{ hero.text }}``: what the variant carries; empty where nothing runs."""
    return _visit(context).payload(experiment)


@register.simple_tag(takes_context=True)
def microlift_visitor(context: Context) -> str:
    """For the browser client's ``data-visitor``, so that both speak of one visitor."""
    return _visit(context).visitor_id


class IfVariant(template.Node):
    def __init__(self, experiment: FilterExpression, key: FilterExpression, yes: NodeList, no: NodeList) -> None:
        self.experiment, self.key = experiment, key
        self.nodelist_true, self.nodelist_false = yes, no
        self.child_nodelists = ("nodelist_true", "nodelist_false")

    def render(self, context: Context) -> str:
        shown = _visit(context).variant(str(self.experiment.resolve(context)))
        fits = shown is not None and shown == self.key.resolve(context)
        return (self.nodelist_true if fits else self.nodelist_false).render(context)


@register.tag
def ifvariant(parser: Parser, token: Token) -> IfVariant:
    """``{% ifvariant "hero-cta" "green" %}…{% else %}…{% endifvariant %}``; who gets the other part has met it too."""
    parts = token.split_contents()
    if len(parts) != 3:
        raise template.TemplateSyntaxError('Write {% ifvariant "experiment" "variant" %}.')
    yes, no = parser.parse(("else", "endifvariant")), NodeList()
    if parser.next_token().contents == "else":
        no = parser.parse(("endifvariant",))
        parser.delete_first_token()
    return IfVariant(parser.compile_filter(parts[1]), parser.compile_filter(parts[2]), yes, no)

"""Random plans, and random people who ask: for properties that must hold for all of them."""

from hypothesis import strategies as st

from experiments.assignment import Question, compiled
from experiments.bucketing import bucket_ranges, shares
from experiments.pages import Page
from experiments.plan import Filter, Plan, PlannedVariant

CONDITIONS = [
    {},
    {"country": "PL"},
    {"country": {"$in": ["PL", "UA"]}, "deviceType": "mobile"},
    {"$or": [{"country": "DE"}, {"visits": {"$gt": 3, "$lt": 9}}]},
    {"$and": [{"country": {"$ne": "DE"}}, {"returning": True}, {"$and": [{"visits": {"$gte": 1}}]}]},
    {"$not": {"deviceType": "desktop"}},
    {"$nor": [{"country": "PL"}, {"visits": 5}]},
    {"id": {"$inGroup": "vip"}, "visits": {"$exists": True}},
    {"nobody": {"$has": "this"}},
]
PAGES = [
    (),
    (Page(True, "simple", "/shop*"),),
    (Page(True, "regex", "^/shop"), Page(False, "simple", "*/private")),
    (Page(False, "simple", "https://shop.example/cart"),),
]
URLS = [
    None,
    "https://shop.example/shop",
    "https://shop.example/cart?a=1",
    "https://shop.example/shop/private",
    "/shop",
    "?",
]
IDS = ["ann", "visitor 7", "Zażółć gęślą", "відвідувач-1", "😀👍", "x" * 200]

seeds = st.text("abcdef0123456789_", min_size=1, max_size=12)
ids = st.one_of(st.sampled_from(IDS), st.text(min_size=1, max_size=30), st.text("abc019-", min_size=1, max_size=8))
fractions = st.one_of(st.sampled_from([0.0, 0.1, 1 / 3, 0.37, 0.5, 0.9, 1.0]), st.floats(0, 1))
ranges = st.tuples(fractions, fractions).map(lambda pair: (min(pair), max(pair)))
filters = st.builds(
    Filter,
    reason=st.sampled_from(["holdout", "outside_namespace", "prerequisite"]),
    seed=seeds,
    ranges=st.lists(ranges, min_size=1, max_size=3).map(tuple),
    version=st.sampled_from([1, 2]),
)
weights = st.lists(st.integers(0, 5), min_size=2, max_size=4).filter(any)
attributes = st.fixed_dictionaries(
    {},
    optional={
        "country": st.sampled_from(["PL", "DE", "UA"]),
        "deviceType": st.sampled_from(["mobile", "desktop"]),
        "visits": st.integers(0, 10),
        "returning": st.booleans(),
        "nobody": st.none(),
    },
)


def variants_of(parts, coverage):
    shared = shares(parts)
    limits = bucket_ranges(len(shared), coverage, shared)
    return tuple(
        PlannedVariant(f"v{place}", f"Variant {place}", place == 0, shared[place], limits[place], {"value": place})
        for place in range(len(shared))
    )


@st.composite
def plans(draw, *, kind="number"):
    coverage = draw(fractions)
    return Plan(
        experiment="hero",
        kind=kind,
        unit=draw(st.sampled_from(["visitor", "user"])),
        seed=draw(seeds),
        coverage=coverage,
        alpha=0.05,
        variants=variants_of(draw(weights), coverage),
        goals=(),
        condition=draw(st.sampled_from(CONDITIONS)),
        groups={"vip": ("ann", "bob")},
        filters=tuple(draw(st.lists(filters, max_size=3))),
        # Another system splits them on its own terms: a start refuses pages here.
        pages=() if kind == "external" else draw(st.sampled_from(PAGES)),
    )


@st.composite
def served(draw):
    """A compiled experiment in any state."""
    plan = draw(plans(kind=draw(st.sampled_from(["number", "number", "number", "external"]))))
    state = draw(st.sampled_from(["running", "running", "paused", "shipped"]))
    shipped = draw(st.sampled_from([variant.key for variant in plan.variants])) if state == "shipped" else None
    return compiled(plan, phase=draw(st.integers(1, 9)), state=state, shipped=shipped)


@st.composite
def questions(draw, *, variants=2):
    told = draw(attributes)
    visitor, user = draw(ids), draw(st.one_of(st.just(""), ids))
    known = {**told, "id": visitor, **({"user_id": user} if user else {})}
    asked = Question(
        visitor, user, known, draw(st.sampled_from(URLS)), draw(st.sampled_from(["", "", "bot", "opted_out"]))
    )
    if draw(st.booleans()) and draw(st.booleans()):
        asked.force({"hero": draw(st.integers(0, variants - 1))})
    return asked


def plan(**fields):
    """The plainest one, but for these fields. ``weights`` and ``coverage`` make the variants v0, v1, …"""
    weights, coverage = fields.pop("weights", [1, 1]), fields.pop("coverage", 1.0)
    usual = {"experiment": "hero", "kind": "number", "unit": "visitor", "seed": "seed", "alpha": 0.05, "goals": ()}
    return Plan(**{**usual, "coverage": coverage, "variants": variants_of(weights, coverage), **fields})

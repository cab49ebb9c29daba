"""The debug panel counts an event for a goal just where the server does: the same questions, asked of both."""

import json
import subprocess
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product

import pytest
from django.db import connection

from tests.client.bundling import bundle, node
from tracking.goals import MEASURES, OPERATORS, Condition, Fact, GoalRule, counts

PROGRAM = """
import { counts } from "./debug/goals";
declare const require: (name: string) => any;
const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(cases.map(([goal, told]: any) => counts(goal, told).met)));
"""
VALUES = [
    *("pro", "Pro", "", " pro", "a pro plan", "49", " 49.0 ", "4_9", "1e2", "1e999", "٤٩", "true", "x" * 1001),
    *(49, 49.5, -0.5, 0, 10**12, 10**13, 4e-7, -1.25e-8, 10**22, True, False, None, ["pro"], {"plan": "pro"}),
]
WANTED = [
    "pro",
    "",
    "49",
    "49.5",
    "true",
    "100",
    "0",
    "-1",
    "1000000000000",
    "[object Object]",
    "null",
    "0.0000004",
    "e",
]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def goal(conditions=(), measure="once", currency=""):
    rows = [{"property": one.property, "operator": one.operator, "value": one.value} for one in conditions]
    return {"event": "order", "conditions": rows, "measure": measure, "property": "plan", "currency": currency}


def rule_of(asked):
    conditions = tuple(Condition(**row) for row in asked["conditions"])
    return GoalRule("order", asked["measure"], 30, asked["property"], asked["currency"], conditions)


def stored(properties):
    """As they come back from the database, which writes numbers in its own way."""
    with connection.cursor() as cursor:
        texts = [json.dumps(one) for one in properties]
        cursor.execute("SELECT t::jsonb::text FROM unnest(%s::text[]) WITH ORDINALITY AS u (t, n) ORDER BY n", [texts])
        return [json.loads(text, parse_float=Decimal) for (text,) in cursor.fetchall()]


def counted(asked, properties):
    """A sum needs its number, too."""
    rule = rule_of(asked)
    fact = Fact("1", "order", "ann", NOON, properties)
    return counts(rule, fact) and MEASURES[rule.measure](rule, [fact]) is not None


def in_javascript(cases):
    program = bundle(PROGRAM, "--platform=node", "--format=cjs")
    done = subprocess.run([node(), "-e", program], input=json.dumps(cases), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def cases():
    asked = [goal([Condition("plan", operator, wanted)]) for operator, wanted in product(OPERATORS, WANTED)]
    properties = [{}, *({"plan": value} for value in VALUES)]
    two = [Condition("plan", "contains", "pro"), Condition("n", "at_least", "2")]
    others = [goal(two), goal(measure="sum"), goal(currency="EUR"), goal([Condition("__proto__", "equals", "")])]
    told = [*properties, {"plan": "pro", "n": "3"}, {"plan": "pro", "n": 1}, {"currency": "EUR"}, {"currency": "USD"}]
    return [*product(asked, properties), *product(others, told), (goal(currency="EUR"), {"currency": None})]


def test_the_panel_counts_what_the_server_counts(db, cases):
    kept = stored([properties for _, properties in cases])
    expected = [counted(asked, properties) for (asked, _), properties in zip(cases, kept, strict=True)]

    answers = in_javascript(cases)

    assert Counter(expected)[True] > 300
    assert Counter(expected)[False] > 300
    assert [case for case, ours, theirs in zip(cases, expected, answers, strict=True) if ours != theirs] == []

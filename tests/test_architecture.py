"""Keeps the staircase of imports: config → doors → verbs → queries → models, experiments → tracking, pure below all."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("config", "tracking", "experiments")
DOORS = {"api", "admin", "tasks", "management", "demo", "middleware", "templatetags"}
# May import the standard library, what the pure modules need to compute and parse, and each other.
PURE = {
    "tracking.goals",
    "tracking.selectors",
    "tracking.trigger_kinds",
    "tracking.triggers",
    "tracking.wire",
    "experiments.bucketing",
    "experiments.plan",
    "experiments.rebuild",
    "experiments.decisions",
    "experiments.stats",
    "experiments.charts",
    "experiments.tallies",
    "experiments.sights",
    "experiments.rows",
    "experiments.looking",
    "experiments.judging",
    "experiments.health",
    "experiments.analysis",
    "experiments.covariates",
    "experiments.pages",
    "experiments.redirects",
    "experiments.assignment",
    "experiments.answering",
    "experiments.targeting",
    "experiments.conditions",
    "experiments.checks",
    "experiments.javascript",
    "experiments.expressions",
    "experiments.expression_syntax",
    "experiments.growthbook_rules",
    "experiments.growthbook_context",
    "experiments.audience",
    "experiments.delivery.growthbook_pages",
    "experiments.delivery.tags",
    "experiments.delivery.browser_audience",
    "experiments.delivery.browser_patterns",
    "experiments.audiences",
    "experiments.namespaces",
    "tracking.addresses",
    "tracking.attributes",
    "tracking.bots",
    "tracking.countries",
    "tracking.devices",
    "tracking.sources",
    *("tracking.drafts", "tracking.items", "tracking.intents", "tracking.form_intents", "tracking.proposing"),
    *("tracking.aiming", "tracking.catalogue"),
    "tracking.trigger_changes",
    *("tracking.scrubbing", "tracking.consent", "tracking.networks", "tracking.quality", "tracking.rejecting"),
    "tracking.silence",
}
PURE_MAY_USE = {"numpy", "scipy", "statsmodels", "msgspec", "orjson"} | {
    *("fnv_hash_fast", "crawlerdetect", "ua_parser", "iptocc"),
}
# Only a worker loads these: each costs half a second and much memory.
WORKER_ONLY = (
    *("scipy", "statsmodels", "pandas", "experiments.stats", "experiments.analysis", "experiments.computing"),
    *("experiments.forecasting", "experiments.foresight", "experiments.history", "experiments.detecting"),
    *("experiments.rows", "experiments.looking", "experiments.persons", "experiments.refining"),
)


def modules() -> dict[str, ast.Module]:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts]
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): parsed(path) for path in files
    }


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def imports_of(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


MODULES = modules()


def is_in(name: str, group: set[str] | tuple[str, ...]) -> bool:
    return any(name == member or name.startswith(f"{member}.") for member in group)


def is_door(name: str) -> bool:
    parts = name.split(".")
    return len(parts) > 1 and parts[0] in {"tracking", "experiments"} and parts[1] in DOORS


def test_there_is_something_to_check():
    assert len(MODULES) > 40
    assert "experiments.rollups" in imports_of(MODULES["experiments.tasks"])


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("tracking")])
def test_tracking_knows_nothing_of_experiments(name):
    assert not {found for found in imports_of(MODULES[name]) if found.split(".")[0] == "experiments"}


@pytest.mark.parametrize("name", [name for name in MODULES if not name.startswith("config")])
def test_nobody_imports_config_or_a_door(name):
    found = imports_of(MODULES[name])

    assert not {other for other in found if other.split(".")[0] == "config"}
    if not is_door(name):
        assert not {other for other in found if is_door(other)}, "nobody imports a door"


@pytest.mark.parametrize("name", [name for name in MODULES if is_in(name, PURE)])
def test_pure_modules_know_no_django_no_clock_and_no_settings(name):
    for found in imports_of(MODULES[name]):
        top = found.split(".")[0]
        assert top in sys.stdlib_module_names or top in PURE_MAY_USE or is_in(found, PURE) or found in PACKAGES, found
    calls = {ast.unparse(node.func) for node in ast.walk(MODULES[name]) if isinstance(node, ast.Call)}
    assert not calls & {"datetime.now", "datetime.utcnow", "time.time", "date.today"}


@pytest.mark.parametrize("name", MODULES)
def test_no_import_hides_inside_a_function(name):
    functions = [node for node in ast.walk(MODULES[name]) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]

    assert not [function.name for function in functions if imports_of(function)]


LOWER = {"tracking.models", "experiments.models", "tracking.queries", "experiments.queries"}


@pytest.mark.parametrize("name", [name for name in MODULES if is_in(name, LOWER)])
def test_the_lower_steps_never_look_up(name):
    verbs = {
        "tracking.capture",
        "tracking.identity",
        "experiments.rollups",
        "experiments.results",
        "experiments.ledger",
    }

    assert not imports_of(MODULES[name]) & verbs


def test_the_web_process_starts_without_statistics():
    program = f"import sys, config.wsgi; print([name for name in {WORKER_ONLY!r} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.stdout.strip() == "[]", done.stdout + done.stderr

"""Measures find their method, and the package stays pure."""

import ast
import sys
from pathlib import Path

import pytest

import experiments.stats
from experiments.stats.binary import compare_binary
from experiments.stats.means import compare_means
from experiments.stats.registry import MEASURES, METHODS, UnknownMeasure, compare, equivalent, not_worse, read
from experiments.stats.samples import binary

CONTROL, TREATMENT = binary(100, 10), binary(100, 20)


def test_once_is_compared_by_score_and_amounts_by_welch():
    assert compare("once", CONTROL, TREATMENT, alpha=0.05) == compare_binary(CONTROL, TREATMENT, alpha=0.05)
    for measure in ("count", "sum"):
        assert compare(measure, CONTROL, TREATMENT, alpha=0.05) == compare_means(CONTROL, TREATMENT, alpha=0.05)


@pytest.mark.parametrize("name", METHODS)
def test_a_methods_versions_carry_its_name_and_a_number(name):
    for version in METHODS[name].versions:
        word, number = version.split("/")
        assert word.startswith(name)
        assert int(number) >= 1


@pytest.mark.parametrize("treatment", [TREATMENT, binary(0, 0), CONTROL, binary(100, 3)])
@pytest.mark.parametrize("measure", MEASURES)
def test_every_answer_about_tallies_names_a_registered_version(measure, treatment):
    versions = {version for method in METHODS.values() for version in method.versions}

    assert compare(measure, CONTROL, treatment, alpha=0.05).method in versions


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_answers_all_four_questions(measure):
    safe = not_worse(measure, CONTROL, TREATMENT, margin=0.1, desired="increase")
    same = equivalent(measure, CONTROL, TREATMENT, margin=0.5)
    reading = read(measure, CONTROL, TREATMENT, alpha=0.05, desired="increase")

    versions = {version for method in METHODS.values() for version in method.versions}
    assert {safe.method, same.method} <= versions
    assert safe.p_value < 0.05 < same.p_value
    assert reading.chance_to_beat_control > 0.5


def test_an_unknown_measure_is_refused_with_the_known_ones():
    with pytest.raises(UnknownMeasure, match=r"'median'.*once, once_per_session, count, sum"):
        compare("median", CONTROL, TREATMENT, alpha=0.05)


def test_the_package_imports_only_itself_and_science():
    allowed = sys.stdlib_module_names | {"numpy", "scipy", "statsmodels"}
    for path in Path(experiments.stats.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.split(".")[0] in allowed or name.startswith("experiments.stats"), (path, name)

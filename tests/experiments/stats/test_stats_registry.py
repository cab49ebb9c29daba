"""Measures find their method, and the package stays pure."""

import ast
import sys
from pathlib import Path

import pytest

import experiments.stats
from experiments.stats.binary import compare_binary
from experiments.stats.means import compare_means
from experiments.stats.registry import METHOD_OF_MEASURE, METHODS, UnknownMeasure, compare
from experiments.stats.samples import binary

CONTROL, TREATMENT = binary(100, 10), binary(100, 20)


def test_once_is_compared_by_score_and_amounts_by_welch():
    assert compare("once", CONTROL, TREATMENT, alpha=0.05) == compare_binary(CONTROL, TREATMENT, alpha=0.05)
    for measure in ("count", "sum"):
        assert compare(measure, CONTROL, TREATMENT, alpha=0.05) == compare_means(CONTROL, TREATMENT, alpha=0.05)


@pytest.mark.parametrize("name", METHODS)
def test_an_answer_carries_its_methods_name_and_version(name):
    method = METHODS[name]

    answers = [method.compare(CONTROL, arm, alpha=0.05) for arm in (TREATMENT, binary(0, 0), CONTROL)]

    assert {answer.method for answer in answers} == {method.version}
    assert method.version.split("/")[0] == name


def test_every_measure_has_a_registered_method():
    assert set(METHOD_OF_MEASURE.values()) <= set(METHODS)


def test_an_unknown_measure_is_refused_with_the_known_ones():
    with pytest.raises(UnknownMeasure, match=r"'median'.*once, count, sum"):
        compare("median", CONTROL, TREATMENT, alpha=0.05)


def test_the_package_imports_only_itself_and_science():
    allowed = sys.stdlib_module_names | {"numpy", "scipy", "statsmodels"}
    for path in Path(experiments.stats.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.split(".")[0] in allowed or name.startswith("experiments.stats"), (path, name)

"""A public landing-page test with 294,478 rows, imported as it is: wrong pages, a person twice, through real processes.

Expected figures: ``expected.json`` in ``shared/data`` (statsmodels), the same as published for the cleaned rows.
"""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from tests.house import running_house
from tests.http import Caller

pytestmark = pytest.mark.timeout(300)

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "landing-page.toml"


@pytest.fixture(scope="module")
def imported(shared, tmp_path_factory):
    """What the command printed, the rows it reported, and the result."""
    report = tmp_path_factory.mktemp("import") / "rejected.csv"
    with running_house() as house:
        house.manage("create_project", "Site", "--json")
        made = house.manage("create_key", "site", "--kind", "secret", "--scopes", "manage,import", "--json")
        key = json.loads(made)["key"]
        arguments = ["--config", str(EXAMPLE), "--url", house.base_url, "--key", key, "--report", str(report)]
        printed = house.manage("import_test", str(shared / "data" / "ab_data.csv.gz"), *arguments)
        result = Caller(house.base_url, key).ok("GET", "/api/v1/experiments/landing-page/results/")
    with report.open(newline="") as file:
        return {"printed": printed, "rejected": list(csv.DictReader(file)), "result": result}


@pytest.fixture(scope="module")
def signup(imported):
    (found,) = imported["result"]["goals"]
    return {arm["key"]: arm for arm in found["variants"]}


def test_rows_whose_page_contradicts_the_arm_are_reported_and_left_out(imported):
    reasons = Counter(row["reason"] for row in imported["rejected"])

    assert reasons == {"contradicts the arm": 3_893, "repeated person: the first row counts": 1}
    assert imported["rejected"][0] == {
        "line": "24",
        "person": "767017",
        "reason": "contradicts the arm",
        "detail": "control, landing_page new_page",
    }


def test_the_repeated_user_counts_once(imported, signup):
    (repeated,) = [row for row in imported["rejected"] if row["reason"].startswith("repeated")]

    assert repeated["person"] == "773192"
    assert (signup["control"]["n"], signup["treatment"]["n"]) == (145_274, 145_310)
    assert imported["result"]["health"]["enrolled"] == 290_584


def test_the_outcomes_are_the_published_ones(imported, signup, shared):
    reference = json.loads((shared / "data" / "expected.json").read_text())["ab_data"]["clean"]
    found = signup["treatment"]["vs_control"]

    assert (signup["control"]["converted"], signup["treatment"]["converted"]) == (17_489, 17_264)
    assert found["p_value"] == pytest.approx(0.18988, abs=5e-6)
    assert found["p_value"] == pytest.approx(reference["p_two_sided"], rel=1e-9)
    assert found["newcombe_ci"] == pytest.approx(reference["newcombe95"], rel=1e-9)
    assert imported["result"]["verdict"]["code"] == "inconclusive"


def test_the_terminal_shows_what_the_server_counted(imported):
    assert "325,337 events sent: 325,337 stored." in imported["printed"]
    assert "control     145,274  17,489" in imported["printed"]
    assert "treatment   145,310  17,264" in imported["printed"]

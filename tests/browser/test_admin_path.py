"""A marketer's way through the admin in a real browser: log in, make a goal, set up a CTA test, start it, read it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from experiments.computing import compute_open_phases
from experiments.lifecycle import start
from experiments.models import Experiment, Phase, Tally
from tests.factories import make_experiment, make_goal, make_project
from tests.refined import enrol, make_running
from tracking.models import Goal, Project

PASSWORD = "correct horse battery"


@pytest.fixture
def project(transactional_db: None) -> Project:
    return Project.objects.filter(key="shop").first() or make_project("shop", name="Shop")


@pytest.fixture
def marketer(project: Project, live_server: LiveServer, page: Page) -> Page:
    """Logged in, on the overview, at a desk."""
    page.set_viewport_size({"width": 1440, "height": 900})
    User.objects.filter(username="mara").delete()
    User.objects.create_superuser("mara", password=PASSWORD)
    page.goto(f"{live_server.url}/admin/")
    page.get_by_label("Username").fill("mara")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("link", name="Experiments")).to_be_visible()
    return page


@pytest.fixture
def running(project: Project) -> Experiment:
    now = timezone.now()
    goals = [make_goal(project, name="Purchase", level="macro"), make_goal(project, name="Click")]
    experiment = make_experiment(project, name="Hero", goals=goals, planned_end=now + timedelta(days=9))
    start(experiment, at=now - timedelta(days=12))
    # Nothing has to be filled in from before it was opened, so looks may be taken at once.
    Phase.objects.filter(experiment=experiment).update(opened_at=F("started_at"))
    return experiment


def come(experiment: Experiment, **people: tuple[int, int, int]) -> None:
    """By variant: how many came, and how many of them did each goal."""
    phase = Phase.objects.get(experiment=experiment)
    Tally.objects.filter(phase=phase).delete()
    for variant, (count, *done) in people.items():
        common = {"phase": phase, "variant": variant, "day": phase.started_at.date()}
        Tally.objects.create(**common, persons=count)
        for row, value in zip(experiment.goal_roles.all(), done, strict=True):
            Tally.objects.create(**common, goal=row.goal, persons=value, total=value, squares=value)
    compute_open_phases(timezone.now())


def result_url(server: LiveServer, experiment: Experiment) -> str:
    return f"{server.url}/admin/experiments/experiment/{experiment.pk}/result/"


def test_from_login_to_a_running_test_without_json(marketer: Page) -> None:
    page = marketer
    page.goto(page.url + "tracking/goal/add/")
    page.locator("[name=name]").fill("Lead sent")
    page.locator("[name=event]").fill("generate_lead")
    page.locator("[name=level]").select_option("macro")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()

    page.goto(page.url.replace("tracking/goal/", "experiments/experiment/add/"))
    page.locator("[name=name]").fill("Green sign-up button")
    page.locator("[name=variants-1-name]").fill("Green")
    page.locator("[name=variants-1-cta_text]").fill("Start free")
    page.locator("[name=variants-1-cta_selector]").fill("#signup")
    page.locator("[name=variants-1-cta_background]").fill("#0f7b4f")
    expect(page.locator(".ml-shown iframe").nth(1)).to_be_visible()
    page.locator("[name=goal_roles-0-goal]").select_option(label="Lead sent (macro)")
    page.get_by_role("button", name="Save and go to start").click()

    expect(page.get_by_text("Original (50 %), Green (50 %)")).to_be_visible()
    page.get_by_role("button", name="Start the experiment now").click()
    expect(page.get_by_text("“Green sign-up button” is running.")).to_be_visible()
    assert Goal.objects.get(event="generate_lead").key == "lead-sent"
    assert Experiment.objects.get(key="green-sign-up-button").phases.count() == 1


def test_only_what_the_kind_needs_is_asked(marketer: Page) -> None:
    page = marketer
    page.goto(page.url + "experiments/experiment/add/")

    expect(page.locator("[name=variants-1-cta_text]")).to_be_visible()
    expect(page.locator("[name=variants-0-cta_text]")).to_be_hidden()
    expect(page.locator("[name=variants-1-payload_json]")).to_be_hidden()
    page.locator("[name=kind]").select_option("json")
    expect(page.locator("[name=variants-1-cta_text]")).to_be_hidden()
    expect(page.locator("[name=variants-1-payload_json]")).to_be_visible()


def test_a_colour_can_be_picked(marketer: Page) -> None:
    page = marketer
    page.goto(page.url + "experiments/experiment/add/")

    page.locator("[name=variants-1-cta_background]").locator("xpath=..").locator("[data-picker]").fill("#b3261e")

    expect(page.locator("[name=variants-1-cta_background]")).to_have_value("#b3261e")


def test_every_lift_is_drawn(marketer: Page, live_server: LiveServer, running: Experiment) -> None:
    come(running, original=(10_000, 300, 900), green=(10_000, 330, 1100))

    marketer.goto(result_url(live_server, running))

    expect(marketer.locator(".ml-plot svg")).to_have_count(2)
    expect(marketer.get_by_role("img", name="Purchase: +10 %")).to_be_visible()


def test_new_numbers_come_by_themselves(marketer: Page, live_server: LiveServer, running: Experiment) -> None:
    come(running, original=(10_000, 300, 900), green=(10_000, 330, 1100))
    marketer.goto(result_url(live_server, running))
    marketer.get_by_text("All numbers").click()
    marketer.get_by_text("Closer look").click()

    come(running, original=(11_000, 330, 990), green=(11_000, 400, 1200))
    marketer.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(marketer.get_by_text("22,000")).to_be_visible()
    expect(marketer.locator(".ml-plot svg")).to_have_count(2)
    expect(marketer.locator("#all-numbers")).not_to_have_attribute("open", "")
    expect(marketer.locator("#closer-look")).to_have_attribute("open", "")


def test_a_folded_chart_is_drawn_when_it_is_unfolded(marketer: Page, live_server: LiveServer, project: Project) -> None:
    refined = make_running(project)
    enrol(refined, 1200)
    marketer.goto(result_url(live_server, refined))
    expect(marketer.locator(".ml-plot svg")).to_have_count(4)

    marketer.get_by_text("Closer look").click()

    chart = marketer.get_by_role("img", name="“Purchase”: difference by day of the first visit")
    expect(chart.locator("svg")).to_be_visible()
    assert marketer.evaluate("document.documentElement.scrollWidth") <= 1440


def test_a_dark_page_has_lighter_charts(marketer: Page, live_server: LiveServer, running: Experiment) -> None:
    come(running, original=(10_000, 300, 900), green=(10_000, 330, 1100))
    marketer.goto(result_url(live_server, running))
    expect(marketer.locator(".ml-plot svg [stroke='#8a6100']").first).to_be_attached()

    marketer.evaluate("document.documentElement.classList.add('dark')")

    expect(marketer.locator(".ml-plot svg [stroke='#e2b23a']").first).to_be_attached()


@pytest.mark.parametrize("path", ["", "experiments/experiment/", "experiments/experiment/add/", "tracking/goal/add/"])
def test_nothing_sticks_out_on_a_phone(marketer: Page, path: str) -> None:
    marketer.set_viewport_size({"width": 390, "height": 844})

    marketer.goto(marketer.url + path)

    assert marketer.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_result_fits_on_a_phone(marketer: Page, live_server: LiveServer, running: Experiment) -> None:
    come(running, original=(10_000, 300, 900), green=(10_000, 330, 1100))
    marketer.set_viewport_size({"width": 390, "height": 844})

    marketer.goto(result_url(live_server, running))

    expect(marketer.locator(".ml-plot svg")).to_have_count(2)
    assert marketer.evaluate("document.documentElement.scrollWidth") <= 390

"""Results computed and stored: only when something changed, and the last good one stays whatever happens."""

from datetime import timedelta

import pytest
from django.utils import timezone

from experiments import finals, results
from experiments.computing import compute_open_phases
from experiments.lifecycle import start, stop
from experiments.models import Experiment, Phase, Result
from tests.factories import make_experiment, make_project
from tracking.dues import mark

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def begun(days=20, **fields):
    experiment = make_experiment(make_project(), **fields)
    start(experiment, at=NOW - timedelta(days=days))
    return experiment


def read(experiment: Experiment, now=NOW):
    phase = results.latest_phase(experiment)
    return phase and results.read(phase, now=now)


def test_what_has_not_changed_is_confirmed_and_not_computed_again():
    experiment = begun()

    assert (compute_open_phases(NOW), compute_open_phases(NOW + timedelta(seconds=3))) == (1, 0)

    first, again = read(experiment), read(experiment)
    assert again["computed_at"] == first["computed_at"] <= again["data_through"]


def test_time_alone_can_change_a_verdict():
    experiment = begun(planned_end=NOW + timedelta(days=1))
    compute_open_phases(NOW)

    assert compute_open_phases(NOW + timedelta(days=2)) == 1
    assert read(experiment)["verdict"]["because"][0]["code"] != "before_planned_end"


def test_one_phase_that_cannot_be_computed_keeps_its_result_and_stops_no_other():
    broken, sound = begun(), begun()
    compute_open_phases(NOW)
    before = read(broken)
    Phase.objects.filter(experiment=broken).update(plan={"tampered": True}, plan_version=2)
    stop(sound, at=NOW, now=NOW)

    assert compute_open_phases(NOW) == 1

    after = read(broken)
    assert after["computed_at"] == before["computed_at"]
    assert "ValidationError" in after["error"]
    assert read(sound)["status"] == "stopped"


def test_a_result_is_stale_when_nobody_came_by():
    experiment = begun()
    compute_open_phases(NOW)

    assert read(experiment)["stale"] is False
    assert read(experiment, now=timezone.now() + results.STALE_AFTER * 2)["stale"] is True


def frozen(experiment, now):
    finals.finalise_due_phases(now)
    return Phase.objects.get(experiment=experiment).finalised_at == now


def test_a_stopped_phase_is_frozen_when_its_windows_have_closed_and_nobody_waits():
    experiment = begun()
    stop(experiment, at=NOW, now=NOW)
    early, late = NOW + timedelta(days=36), NOW + timedelta(days=38)
    mark(experiment.project_id, ["ann"])

    assert not frozen(experiment, early)
    assert not frozen(experiment, late), "ann may still have to be counted"


def test_a_frozen_phase_has_its_final_result_and_a_checksum_and_is_never_stale():
    experiment = begun()
    stop(experiment, at=NOW, now=NOW)

    assert frozen(experiment, NOW + timedelta(days=38))

    phase = Phase.objects.get(experiment=experiment)
    assert phase.checksum == finals.checksum(phase.id)
    assert Result.objects.filter(phase=phase).exists()
    assert read(experiment, now=NOW + timedelta(days=400))["stale"] is False


def test_a_test_imported_after_the_fact_is_read_at_a_fixed_horizon_and_a_live_one_is_not():
    imported, live = begun(kind="external"), begun(days=0, kind="external")
    for experiment in (imported, live):
        stop(experiment, at=NOW, now=NOW)

    standings = [results.standing_of(results.latest_phase(one), 0, NOW) for one in (imported, live)]

    assert [standing.imported for standing in standings] == [True, False]

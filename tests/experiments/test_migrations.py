"""While a new release is rolled out, processes of the one before go on writing to tables that have new columns."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from tests.factories import make_project

pytestmark = pytest.mark.django_db
BEFORE = [("tracking", "0001_initial"), ("experiments", "0002_sequential_statistics")]


@pytest.fixture
def old():
    """The models as the release before knew them, by name."""
    apps = MigrationExecutor(connection).loader.project_state(BEFORE).apps
    return {model.__name__: model for model in apps.get_models()}


def test_the_release_before_can_still_make_and_start_an_experiment(old):
    made = old["Experiment"].objects.create(project_id=make_project().id, key="hero", name="Hero")
    old["Phase"].objects.create(experiment=made, number=1, seed="s", plan={}, started_at=timezone.now())

    assert made.status == "draft"


def test_the_release_before_can_still_make_a_project(old):
    assert old["Project"].objects.create(key="shop", name="Shop").id

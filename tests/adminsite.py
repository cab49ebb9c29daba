"""A marketer at the admin: logged in, with one project. (Read before Django is set up, so models are looked up.)"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import translation


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def project(db: None) -> Any:
    return apps.get_model("tracking", "Project").objects.create(key="shop", name="Shop")


@pytest.fixture
def admin(admin_client: Client) -> Client:
    return admin_client

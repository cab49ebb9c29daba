"""The product's settings, with the peer's view in the place of its addresses."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.serving.peers.drf_view"

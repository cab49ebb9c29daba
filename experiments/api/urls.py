"""Addresses of the REST API that belong to experiments, below /api/v1/."""

from django.urls import path

from experiments.api.experiments import AddedGoalsView, ExperimentsView, ExperimentView
from experiments.api.forecast import ForecastView
from experiments.api.moves import StartView, StopView
from experiments.api.result import ResultsView

urlpatterns = [
    path("experiments/", ExperimentsView.as_view()),
    path("experiments/<str:key>/", ExperimentView.as_view()),
    path("experiments/<str:key>/goals/", AddedGoalsView.as_view()),
    path("experiments/<str:key>/forecast/", ForecastView.as_view()),
    path("experiments/<str:key>/start/", StartView.as_view()),
    path("experiments/<str:key>/stop/", StopView.as_view()),
    path("experiments/<str:key>/results/", ResultsView.as_view()),
]

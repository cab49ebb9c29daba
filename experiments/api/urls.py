"""Addresses of the REST API that belong to experiments, below /api/v1/."""

from django.urls import path

from experiments.api.experiments import AddedGoalsView, ExperimentsView, ExperimentView
from experiments.api.explain import ExplainView
from experiments.api.forecast import ForecastView
from experiments.api.groups import GroupsView, GroupView
from experiments.api.holdout import HoldoutView
from experiments.api.moves import MOVES, NewPhaseView, StartView, StopView, view_of
from experiments.api.namespaces import NamespacesView, NamespaceView
from experiments.api.result import ResultsView

urlpatterns = [
    path("experiments/", ExperimentsView.as_view()),
    path("experiments/<str:key>/", ExperimentView.as_view()),
    path("experiments/<str:key>/goals/", AddedGoalsView.as_view()),
    path("experiments/<str:key>/forecast/", ForecastView.as_view()),
    path("experiments/<str:key>/start/", StartView.as_view()),
    path("experiments/<str:key>/stop/", StopView.as_view()),
    path("experiments/<str:key>/new-phase/", NewPhaseView.as_view()),
    *(path(f"experiments/<str:key>/{move.name}/", view_of(move).as_view()) for move in MOVES),
    path("experiments/<str:key>/results/", ResultsView.as_view()),
    path("experiments/<str:key>/explain/", ExplainView.as_view()),
    path("namespaces/", NamespacesView.as_view()),
    path("namespaces/<str:key>/", NamespaceView.as_view()),
    path("groups/", GroupsView.as_view()),
    path("groups/<str:key>/", GroupView.as_view()),
    path("holdout/", HoldoutView.as_view()),
]

"""Addresses of the REST API that belong to tracking, below /api/v1/."""

from django.urls import path

from tracking.api.goals import GoalsView, GoalView
from tracking.api.projects import ProjectView

urlpatterns = [
    path("project/", ProjectView.as_view()),
    path("goals/", GoalsView.as_view()),
    path("goals/<str:key>/", GoalView.as_view()),
]

"""Addresses of the REST API that belong to tracking, below /api/v1/."""

from django.urls import path

from tracking.api.goals import GoalsView, GoalView
from tracking.api.privacy import EraseView, ExportView
from tracking.api.projects import ProjectView
from tracking.api.triggers import PublishView, RestoreView, TriggersView, TriggerView, VersionsView, VersionView

urlpatterns = [
    path("project/", ProjectView.as_view()),
    path("privacy/export/", ExportView.as_view()),
    path("privacy/erase/", EraseView.as_view()),
    path("goals/", GoalsView.as_view()),
    path("goals/<str:key>/", GoalView.as_view()),
    path("triggers/", TriggersView.as_view()),
    # Before the keys, of which none is called so.
    path("triggers/publish/", PublishView.as_view()),
    path("triggers/versions/", VersionsView.as_view()),
    path("triggers/versions/<int:number>/", VersionView.as_view()),
    path("triggers/versions/<int:number>/restore/", RestoreView.as_view()),
    path("triggers/<str:key>/", TriggerView.as_view()),
]

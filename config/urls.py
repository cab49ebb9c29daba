"""Addresses behind Django; the hot paths in front of it are in ``config.front``."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config import errors

handler400 = errors.bad_request
handler404 = errors.not_found
handler500 = errors.fault

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("tracking.api.urls")),
    path("api/v1/", include("experiments.api.urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("demo/", include("experiments.demo.urls")),
    # The last one below api/: what has no address of its own is answered in JSON.
    re_path(r"^api/", errors.unknown_address),
]

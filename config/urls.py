"""Addresses behind Django; the hot paths in front of it are in ``config.front``."""

from django.contrib import admin
from django.urls import path

urlpatterns = [path("admin/", admin.site.urls)]

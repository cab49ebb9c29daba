"""The demo's addresses."""

from django.urls import path

from experiments.demo.views import shop

urlpatterns = [path("shop/", shop, name="demo-shop")]

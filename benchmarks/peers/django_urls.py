"""The one view of the Django project: bare, and behind each decorator."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path
from oauth2_provider.decorators import protected_resource

from bearerguard.adapters.django import requires


def tags(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [
    path("bare", tags),
    path("bearerguard", requires("tag")(tags)),
    path("toolkit", protected_resource(scopes=["tag"])(tags)),
]

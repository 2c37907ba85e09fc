"""Every page is in the admin; the bare address leads there."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from numbers_app.admin import helping
from numbers_app.admin.choosing_language import choose_language

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("language/", choose_language, name="choose_language"),
    path("admin/help/", include(helping.urls())),
    path("admin/", admin.site.urls),
]

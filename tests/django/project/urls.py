"""The project's addresses."""

from django.contrib import admin
from django.http import HttpResponse
from django.urls import include, path
from djangosaml2.views import AssertionConsumerServiceView

from usage_service.django.saml import BillingLogin


class BillingAssertionConsumerServiceView(BillingLogin, AssertionConsumerServiceView):
    """djangosaml2's view, which now tells billing what an assertion says."""


urlpatterns = [
    path("", lambda request: HttpResponse(request.user.get_username())),
    path("admin/", admin.site.urls),
    path("saml2/acs/", BillingAssertionConsumerServiceView.as_view(), name="saml2_acs"),
    path("saml2/", include("djangosaml2.urls")),
]

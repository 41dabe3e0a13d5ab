"""A real Django project that installs the application, with djangosaml2 and the billing mixin in front of it."""

import os
from pathlib import Path

from tests.django.identity import ENTITLEMENT, IDP, sp_configuration

FOLDER = Path(os.environ["DJANGO_PROJECT_FOLDER"])

SECRET_KEY = "only for tests"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
TIME_ZONE = "Europe/Stockholm"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "project.db"}}
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "djangosaml2",
    "usage_service.django",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "djangosaml2.middleware.SamlSessionMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "djangosaml2.backends.Saml2Backend"]
ROOT_URLCONF = "tests.django.project.urls"
LOGIN_REDIRECT_URL = "/"
SAML_CONFIG = sp_configuration(FOLDER)
SAML_CREATE_UNKNOWN_USER = True
SAML_DJANGO_USER_MAIN_ATTRIBUTE = "username"
SAML_ATTRIBUTE_MAPPING = {"eduPersonPrincipalName": ("username",)}
SAML_ALLOWED_HOSTS = ["testserver"]

USAGE_BILLING = {
    "ENTITLEMENT_VALUE": ENTITLEMENT,
    "PROVISION": "tests.django.project.bridge.provision",
    "CUSTOMER_ID": "KTH",
}
KNOWN_IDP = IDP

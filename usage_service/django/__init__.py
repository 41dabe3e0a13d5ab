"""Conference-bridge billing as a drop-in Django application.

Add `usage_service.django` to `INSTALLED_APPS` and one dictionary `USAGE_BILLING` to the settings (see `conf`). It keeps
its own tables, or calls the billing service over SOAP when `ENDPOINT` is set. It imports nothing of the host project.
"""

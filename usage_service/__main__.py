"""`python -m usage_service` is `usage-service`."""

from usage_service.main import main

if __name__ == "__main__":
    main()

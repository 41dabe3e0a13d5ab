"""The host project's part: making accounts at the bridge operator."""

ACCOUNTS = {"anna@kth.se": "0012345", "bo@kth.se": "777"}


def provision(user):
    """The id that the operator gave to a new account."""
    return ACCOUNTS[user.get_username()]

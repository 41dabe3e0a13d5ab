"""Usage of a Pexip Infinity deployment: event sink, history API and policy requests."""

"""Genesys T-Server and SIP Server logs: call events in, interactions across sites and usage records out."""

"""Parlay X Call Notification over SIP/IMS, in domain words: no SOAP, no SIP messages, no database.

A *subscription* of an application asks for *call events* of some addresses. What the SIP proxy reports about
one call (`sip_events`) becomes that call's ordered *notices* (`calls`). Every step has its usage record
(`records`). Standard library only.
"""

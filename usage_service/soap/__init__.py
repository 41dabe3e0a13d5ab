"""The SOAP edge: the only room with Spyne in it."""

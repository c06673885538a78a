"""Impressie: from the recording of a Dutch webinar to an article whose every quote can be heard."""

__version__ = "0.1.0"

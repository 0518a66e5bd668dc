"""The tests, flat by topic; what they share is in conftest.py and services.py."""

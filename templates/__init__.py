"""The words of messages, circulars and letters: Jinja2 and Word templates."""

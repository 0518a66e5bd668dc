"""The outbox and its delivery: to whom, and in which channel."""

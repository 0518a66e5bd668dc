"""A seeded model of how the units behave, and the driver of the demo year."""

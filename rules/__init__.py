"""What follows: pure functions without session, clock or I/O."""

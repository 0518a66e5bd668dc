"""What is done: the verbs of the year, each a plain function of a session and its arguments."""

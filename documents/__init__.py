"""Office files: Excel and Word, read and written."""

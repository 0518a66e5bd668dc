"""The command line: typer commands whose output is Chinese."""

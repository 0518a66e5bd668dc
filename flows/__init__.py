"""When things are done: the only place that imports Prefect."""

"""Benchmarks: one module each, run by bench.run."""

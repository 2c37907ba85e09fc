"""How fast the engine is, measured on the whole stack: ``make bench``. See docs/benchmarks.md."""

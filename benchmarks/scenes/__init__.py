"""The scenes of the benchmark suite, one file each; see `benchmarks/suite.py`."""

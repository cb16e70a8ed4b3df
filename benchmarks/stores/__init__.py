"""Measure shared stores beside the bare drivers: `python -m benchmarks.stores lookup|revocation|millions`."""

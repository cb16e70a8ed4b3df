"""Measure what a guard costs: several subjects in turn, in one run, and always as a ratio."""

"""What run.py needs to work on a fresh machine: standard library only, never installed."""

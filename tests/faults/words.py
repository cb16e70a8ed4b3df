"""What the workers and those who ask them both know."""

from __future__ import annotations

STORE_VARIABLE = "BEARERGUARD_STORE"
UNFED_VARIABLE = "UNFED_MAX_AGE_SECONDS"
FIELD = "x-process"

"""Choose the HTTP package: httpx2, the continuation of httpx, where it is installed, else httpx."""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["httpcore", "httpx"]

if TYPE_CHECKING:  # the names are the same
    import httpcore
    import httpx
else:
    try:
        import httpcore2 as httpcore
        import httpx2 as httpx
    except ImportError:
        import httpcore
        import httpx

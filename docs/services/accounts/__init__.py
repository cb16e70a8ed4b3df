"""A provider's API in which applications look after their own accounts; see docs/services/accounts.md."""

"""What the store of SQL databases is made of."""

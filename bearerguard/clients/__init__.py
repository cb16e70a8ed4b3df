"""How we call others: an authorization server, or one look-up on behalf of many."""

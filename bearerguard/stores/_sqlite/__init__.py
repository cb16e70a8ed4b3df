"""The parts of `stores.sqlite`: schema, the connection that reads, those that write, words for errors."""

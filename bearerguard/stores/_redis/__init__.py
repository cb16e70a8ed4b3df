"""What `redis.py` is made of."""

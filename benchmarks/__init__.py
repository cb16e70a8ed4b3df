"""What bearerguard costs, beside doing nothing and beside its peers: `python3 run.py bench`."""

"""What is called in place of wrk: few requests, one after another, and the figures as wrk gives them."""

import http.client
import json
import sys
import time
from urllib.parse import urlsplit

REQUESTS = 30

arguments, url = sys.argv[1:-1], urlsplit(sys.argv[-1])
fields = dict(arguments[n + 1].split(": ", 1) for n, argument in enumerate(arguments) if argument == "-H")
connection = http.client.HTTPConnection(url.netloc, timeout=10)
statuses, taken = [], []
begun = time.perf_counter()
for _ in range(REQUESTS):
    before = time.perf_counter()
    connection.request("GET", url.path, headers=fields)
    answer = connection.getresponse()
    answer.read()
    statuses.append(answer.status)
    taken.append(1e6 * (time.perf_counter() - before))
figures = {
    "requests": REQUESTS,
    "microseconds": round(1e6 * (time.perf_counter() - begun)),
    "p50": round(sorted(taken)[REQUESTS // 2]),
    "p99": round(max(taken)),
    "failed": 0,
    "refused": sum(status >= 400 for status in statuses),
}
print(f"Running 1s test @ {sys.argv[-1]}\n\n{json.dumps(figures)}")

"""One execution environment of a Python function; runner.mjs says how it talks."""
import importlib.util
import json
import os
import resource
import sys
import time

out = os.fdopen(3, 'w')


def send(**message):
    out.write(json.dumps(message) + '\n')
    out.flush()


start = time.perf_counter()
spec = importlib.util.spec_from_file_location('function', sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
send(ms=(time.perf_counter() - start) * 1000)
for line in sys.stdin:
    before = time.perf_counter()
    answer = json.dumps(module.lambda_handler(json.loads(line), None))
    send(ms=(time.perf_counter() - before) * 1000, bytes=len(answer))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
if os.path.exists('/proc/self/status'):
    with open('/proc/self/status') as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith('VmHWM:'))
send(peakKiB=peak)

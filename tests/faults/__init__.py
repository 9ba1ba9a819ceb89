"""Nothing lost: the operator's own process, killed, starved and lied to, judged from the outside.

The API server is real, and between it and the operator stands a proxy of the test's. Pods are real objects
whose containers are acted, so that what a process did and what was on its volume is known exactly.
"""

"""Who makes the load, as Locust finds them; `python -m loadtests` plans and starts it.

Alone it runs the mixed scenario, and Locust's page says how many users there are:
locust -f loadtests/locustfile.py --host http://127.0.0.1:8000
"""

from loadtests import wiring

globals().update({one.__name__: one for one in wiring.offered()})

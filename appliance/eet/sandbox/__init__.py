"""An EET server of our own to develop, train and test against: strict like the real one, and never talking to it."""

from appliance.eet.sandbox.ca import make_sandbox_material
from appliance.eet.sandbox.faults import Faults, parse_script
from appliance.eet.sandbox.ledger import read_ledger
from appliance.eet.sandbox.server import Sandbox

__all__ = ["Faults", "Sandbox", "make_sandbox_material", "parse_script", "read_ledger"]

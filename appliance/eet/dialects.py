"""The versions of the protocol this room speaks, by the name a fiscal record is stored with."""

from collections.abc import Mapping

from appliance.domain.fiscal import Dialect
from appliance.eet.message import DialectSpec
from appliance.eet.v3 import V3
from appliance.eet.v4 import V4

DIALECTS: Mapping[Dialect, DialectSpec] = {V3.name: V3, V4.name: V4}

"""A till's settings as the file a technician would write."""

import json
from collections.abc import Mapping

Sections = Mapping[str, Mapping[str, object]]


def toml_of(sections: Sections) -> str:
    """A JSON string, number, list or boolean is a TOML one too."""
    lines: list[str] = []
    for section, leafs in sections.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in leafs.items()]
    return "\n".join(lines) + "\n"

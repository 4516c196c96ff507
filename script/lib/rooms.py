"""The import-linter contract behind our table of rooms (docs/decisions/0002).

import-linter's own contracts name what is forbidden, so a library nobody thought of is allowed everywhere. A row of our
table says what a room *may* import, and so does this contract: its own modules, the modules listed (with what is inside
them) and the standard library, less what `never` lists; where `only_stdlib` is given, no more of it than that.

A module belongs to the most deeply nested room that contains it: `appliance.ui.presenter` is not judged by the row of
`appliance.ui`. A room that does not exist yet is reported as a warning; tests/test_house.py fails for it.
"""

import sys
from collections.abc import Iterator

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


def is_inside(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


class RoomContract(Contract):
    """One row: `room`, `may_import`, and optionally `never`, `only_stdlib` and `apart` (rooms nested in this one)."""

    type_name = "room"

    # import-linter puts the parsed values in place of the fields, which their types do not say
    room: str = fields.StringField()  # type: ignore[assignment]
    may_import: list[str] = fields.ListField(subfield=fields.StringField())  # type: ignore[assignment]
    never: list[str] = fields.ListField(subfield=fields.StringField(), default=[])  # type: ignore[assignment]
    only_stdlib: list[str] | None = fields.ListField(subfield=fields.StringField(), required=False)  # type: ignore[assignment]
    apart: list[str] = fields.ListField(subfield=fields.StringField(), default=[])  # type: ignore[assignment]

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001 - import-linter's shape
        if self.room not in graph.modules:
            return ContractCheck(kept=True, warnings=[f"{self.room} does not exist yet"])
        wrong = [
            f"{detail['importer']}:{detail['line_number']} imports {imported}: {detail['line_contents'].strip()}"
            for importer, imported in self.imports_out_of(graph)
            if not self.may(imported)
            for detail in graph.get_import_details(importer=importer, imported=imported)
        ]
        return ContractCheck(kept=not wrong, metadata={"wrong": sorted(wrong)})

    def imports_out_of(self, graph: ImportGraph) -> Iterator[tuple[str, str]]:
        for importer in sorted(graph.modules):
            if is_inside(importer, self.room) and not any(is_inside(importer, nested) for nested in self.apart):
                for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                    yield importer, imported

    def may(self, imported: str) -> bool:
        if any(is_inside(imported, module) for module in self.never):
            return False
        if any(is_inside(imported, module) for module in (self.room, *self.may_import)):
            return True
        top = imported.partition(".")[0]
        if top not in sys.stdlib_module_names:
            return False
        return self.only_stdlib is None or top in self.only_stdlib

    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in check.metadata["wrong"]:
            output.print_error(line)
        output.new_line()

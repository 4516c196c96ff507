from grimp import ImportGraph

from script.lib.rooms import RoomContract


def house(*imports: tuple[str, str]) -> ImportGraph:
    graph = ImportGraph()
    for module in ["shop", "shop.till", "shop.till.screen", "shop.till.presenter", "shop.rules", "shop.store"]:
        graph.add_module(module)
    for importer, imported in imports:
        if imported not in graph.modules:
            graph.add_module(imported, is_squashed=True)
        graph.add_import(importer=importer, imported=imported, line_number=3, line_contents=f"import {imported}")
    return graph


def what_is_wrong(graph: ImportGraph, **row: object) -> list[str]:
    check = RoomContract(name="a row", session_options={}, contract_options=row).check(graph, False)
    assert check.kept == (not check.metadata["wrong"])
    return check.metadata["wrong"]


def test_a_room_imports_itself_what_its_row_lists_and_the_standard_library() -> None:
    graph = house(
        ("shop.till.screen", "shop.till.presenter"),
        ("shop.till.screen", "shop.rules"),
        ("shop.till.screen", "kivy"),
        ("shop.till.screen", "json"),
    )
    assert what_is_wrong(graph, room="shop.till", may_import=["shop.rules", "kivy"]) == []


def test_another_room_and_a_library_that_nobody_thought_of_are_found_by_file_and_line() -> None:
    graph = house(("shop.till.screen", "shop.store"), ("shop.till", "leftpad"))
    assert what_is_wrong(graph, room="shop.till", may_import=["shop.rules"]) == [
        "shop.till.screen:3 imports shop.store: import shop.store",
        "shop.till:3 imports leftpad: import leftpad",
    ]


def test_a_row_can_take_away_some_of_the_standard_library_or_leave_only_some_of_it() -> None:
    graph = house(("shop.rules", "json"), ("shop.rules", "random"))
    wrong = ["shop.rules:3 imports random: import random"]
    assert what_is_wrong(graph, room="shop.rules", may_import=[], never=["random"]) == wrong
    assert what_is_wrong(graph, room="shop.rules", may_import=[], only_stdlib=["json"]) == wrong


def test_a_nested_room_is_judged_by_its_own_row_alone() -> None:
    graph = house(("shop.till.presenter", "kivy"), ("shop.till.screen", "kivy"))
    assert what_is_wrong(graph, room="shop.till", may_import=["kivy"], apart=["shop.till.presenter"]) == []
    assert what_is_wrong(graph, room="shop.till.presenter", may_import=[]) == [
        "shop.till.presenter:3 imports kivy: import kivy"
    ]


def test_a_package_whose_name_only_begins_alike_is_not_the_room() -> None:
    graph = house(("shop.till", "shop.rules_of_others"))
    assert len(what_is_wrong(graph, room="shop.till", may_import=["shop.rules"])) == 1


def test_a_room_that_does_not_exist_is_a_warning() -> None:
    check = RoomContract("a row", {}, {"room": "shop.cellar", "may_import": []}).check(house(), False)
    assert (check.kept, check.warnings) == (True, ["shop.cellar does not exist yet"])

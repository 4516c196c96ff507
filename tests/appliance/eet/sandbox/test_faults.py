import pytest

from appliance.eet.sandbox.faults import (
    BEFORE_JUDGING,
    Draw,
    Fault,
    FaultKind,
    Faults,
    FaultScriptInvalid,
    parse_script,
)


@pytest.mark.parametrize(
    ("script", "faults"),
    [
        ("", []),
        ("  ", []),
        ("drop-reply=0.2", [Fault(FaultKind.DROP_REPLY, 0, 0.2)]),
        ("delay=0.2:0.3", [Fault(FaultKind.DELAY, 0.2, 0.3)]),
        ("delay=0.2", [Fault(FaultKind.DELAY, 0.2, 1)]),
        ("error=-1:0.3", [Fault(FaultKind.ERROR, -1, 0.3)]),
        ("error=8", [Fault(FaultKind.ERROR, 8, 1)]),
        (
            "delay=0.001, drop-reply=0.2,garbage=0.2,unsigned=0.2,error=-1:0.3,error=8:0.1",
            [
                Fault(FaultKind.DELAY, 0.001, 1),
                Fault(FaultKind.DROP_REPLY, 0, 0.2),
                Fault(FaultKind.GARBAGE, 0, 0.2),
                Fault(FaultKind.UNSIGNED, 0, 0.2),
                Fault(FaultKind.ERROR, -1, 0.3),
                Fault(FaultKind.ERROR, 8, 0.1),
            ],
        ),
    ],
)
def test_a_script_is_a_list_of_names_values_and_probabilities(script: str, faults: list[Fault]) -> None:
    assert list(parse_script(script)) == faults


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("drop", "'drop': the names are delay, slow,"),
        ("drop-reply", "'' is not a probability from 0 to 1"),
        ("drop-reply=1.1", "'1.1' is not a probability"),
        ("drop-reply=-0.1", "'-0.1' is not a probability"),
        ("drop-reply=nan", "'nan' is not a probability"),
        ("drop-reply=0.2:0.2", "'0.2:0.2' is not a probability"),
        ("delay=", "'' is not seconds"),
        ("delay=-1", "'-1' is not seconds"),
        ("delay=0.1:", "'' is not a probability"),
        ("error=1000", "'1000' is not an EET code"),
        ("error=4.5", "'4.5' is not an EET code"),
        ("status=200:0.5", "'200' is not an HTTP status"),
        ("garbage=0.2,,unsigned=0.2", "'': the names are"),
    ],
)
def test_a_script_that_cannot_be_read_is_one_clear_line(script: str, words: str) -> None:
    with pytest.raises(FaultScriptInvalid) as caught:
        parse_script(script)

    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


SCRIPT = parse_script("drop-request=0.3,delay=0.1:0.3,garbage=0.3,error=-1:0.3")


def _draws(seed: int) -> list[Draw]:
    faults = Faults(SCRIPT, seed=seed)
    return [faults.next_message() for _ in range(200)]


def test_a_seed_gives_the_same_faults_again_and_another_seed_others() -> None:
    assert _draws(1) == _draws(1)
    assert _draws(1) != _draws(2)


def test_what_hits_message_n_does_not_depend_on_the_other_entries_hits() -> None:
    certain = Faults([Fault(FaultKind.DROP_REQUEST, 0, 1), *SCRIPT[1:]], seed=1)

    assert [certain.next_message().on_top for _ in range(200)] == [draw.on_top for draw in _draws(1)]


def test_each_entry_hits_about_as_often_as_it_says() -> None:
    faults = Faults(parse_script("garbage=0.2"), seed=3)

    hits = sum(faults.next_message().fault is not None for _ in range(5000))

    assert 900 < hits < 1100


def test_of_several_that_hit_the_first_in_the_script_happens_and_delays_come_on_top() -> None:
    delay, slow, drop, error = parse_script("delay=0.1,slow=0.2,drop-reply=1,error=-1")

    assert Faults([delay, drop, slow, error]).next_message().fault == drop
    assert Faults([error, delay, slow, drop]).next_message().fault == error
    assert Faults([error, delay, slow, drop]).next_message().on_top == (delay, slow)


def test_faults_of_the_renewal_and_of_messages_do_not_touch_each_other() -> None:
    both = Faults([*SCRIPT, *parse_script("renewal-error=500:0.5,renewal-drop-reply=0.5")], seed=1)
    drawn = []
    for _ in range(200):
        both.next_renewal()
        drawn.append(both.next_message())

    assert drawn == _draws(1)
    assert Faults(SCRIPT).next_renewal().fault is None
    assert both.next_renewal().fault in {None, *both.script[-2:]}


def test_faults_are_told_apart_by_their_name_in_the_script() -> None:
    labels = [fault.label for fault in parse_script("error=-1:0.1,error=8,delay=0.25,unsigned=0.2,status=503:0.2")]

    assert labels == ["error=-1", "error=8", "delay=0.25", "unsigned", "status=503"]


def test_whether_something_may_be_recorded_is_known_of_each_fault() -> None:
    assert {str(kind) for kind in BEFORE_JUDGING} == {
        "drop-request",
        "reset",
        "status",
        "fault",
        "client-fault",
        "error",
    }

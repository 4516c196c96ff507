import pytest

from appliance.ui.presenter.pairing import asks_for_address, paired_sentence, pairing_failure

WORDS = (
    "no_server", "several_servers", "address", "unreachable", "tls", "wrong_key", "key_needed", "code_invalid",
    "prefix_taken", "id_pokl_taken", "till_of_other_account", "rate_limited", "unreadable", "not_kept", "server_error",
    "code_length", "code_characters", "no_answer",
)  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_every_failure_of_pairing_is_a_sentence_of_its_own(word: str) -> None:
    sentence = pairing_failure(word, "detail")
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert "detail" not in sentence
    assert [other for other in WORDS if pairing_failure(other, "detail") == sentence] == [word]


def test_a_refusal_in_the_server_s_own_words_is_told_as_it_is() -> None:
    assert pairing_failure("refused", "účet je zrušený") == "Backoffice spárování odmítl: účet je zrušený"
    assert pairing_failure("brand_new", "").endswith("brand_new")


@pytest.mark.parametrize(("word", "helps"), [("unreachable", True), ("no_server", True), ("code_invalid", False)])
def test_another_address_is_offered_where_it_may_help(word: str, *, helps: bool) -> None:
    assert asks_for_address(word) == helps


def test_who_is_paired_knows_with_whom() -> None:
    assert paired_sentence("jana@example.cz") == "Pokladna je spárovaná s účtem jana@example.cz."

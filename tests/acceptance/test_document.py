"""What institutions read of the acceptance test is what it does."""

from app.acceptance.listing import DOCUMENT, HEADING, listing
from app.protocol.calls import CALLS, INSTITUTION
from app.protocol.trial import Play


def test_the_document_lists_the_script_check_by_check():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text[text.index(HEADING) :] == listing(), "python -m app.acceptance.listing"


def test_the_document_names_every_word_that_is_played():
    told = DOCUMENT.read_text(encoding="utf-8").split(HEADING)[0]
    assert [word for word in Play if f"`{word}`" not in told] == []


def test_every_call_to_an_institution_and_every_callback_has_a_check():
    listed = listing()
    ours = [call.id for call in CALLS.values() if INSTITUTION in (call.asker, call.answerer)]
    asked = [call for call in ours if f"| {call}-1 |" in listed or f"| {call}应答0" in listed]
    assert sorted(asked) == sorted(ours)

"""The English catalogue: nothing left out, nothing that breaks when filled in, nothing Chinese on English pages."""

import re

import pytest
from lxml import html

from app.portal import wordlist
from app.portal.languages import translated

CHINESE = re.compile("[\u4e00-\u9fff]")
OURS = {"函", "中文"}  # the mark, and the way back to Chinese


def catalogue():
    return [message for message in wordlist._read(wordlist.CATALOGUE) if message.id]


def test_every_word_has_its_english():
    assert wordlist.untranslated() == []


def test_translations_are_filled_in_with_what_the_original_is_filled_in_with():
    named = re.compile(r"%\((\w+)\)")
    for message in catalogue():
        strings = [message.string] if isinstance(message.string, str) else message.string
        original = message.id if isinstance(message.id, str) else message.id[0]
        for string in strings:
            assert set(named.findall(string)) == set(named.findall(original)), original


def test_the_catalogue_knows_nothing_that_is_said_no_more():
    said = {message.id for message in wordlist.collected()}
    assert [message.id for message in catalogue() if message.id not in said] == []


@pytest.mark.parametrize("path", ["/", "/help", "/products", "/nowhere", "/verify", "/lots/"])
def test_english_pages_are_english(client, path):
    page = html.fromstring(client.get(path, query_string={"lang": "en"}).text)
    texts = [text.strip() for text in page.xpath("//body//text() | //@placeholder | //@aria-label | //title/text()")]
    assert [text for text in texts if CHINESE.search(text) and text not in OURS] == []


def test_words_from_data_may_contain_a_percent_sign(app):
    with app.test_request_context("/?lang=en"):
        assert translated("费率 0.3%s") == "费率 0.3%s"
        assert translated("") == ""

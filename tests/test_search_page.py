"""The search box on the start page, in a real browser: what somebody finds, hears and opens."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from pipeline import edits
from pipeline.artifacts import PASSAGES
from pipeline.models import Span
from pipeline.workspace import Workspace
from tests.conftest import SLUG
from tests.payloads import PAYLOADS
from tests.test_page_in_browser import browser, context, home, server, violations  # noqa: F401 fixtures
from tests.test_reruns import done, whole  # noqa: F401 fixtures


def longest(home):  # noqa: F811
    """The passage with most words."""
    return max(PASSAGES.found(Workspace(home, SLUG).folder).passages, key=lambda passage: len(passage.words))


def phrase(home):  # noqa: F811
    """Words from the middle of a passage, and the second of the first; the fake recogniser says the same twice."""
    words = longest(home).words[6:12]
    return " ".join(word.text for word in words), words[0].start


@pytest.fixture
def page(context):  # noqa: F811
    page = context.new_page()
    page.goto("/")
    page.wait_for_selector("[data-klaar]")
    return page


def ask(page, words):
    page.get_by_label("Zoek in alles wat er is gezegd").fill(words)
    page.keyboard.press("Enter")
    expect(page.locator("#melding")).to_contain_text("gevonden")


def test_what_was_said_is_found_and_heard_in_place(page, home):  # noqa: F811
    words, _ = phrase(home)
    ask(page, f'"{words}"')
    expect(page.locator("#melding")).to_contain_text("2 fragmenten gevonden")
    expect(page.locator(".vondst mark").first).to_have_text(words)
    expect(page.locator(".vondst").first).to_contain_text("Proefwebinar over wijken")
    expect(page.locator(".vondst").first).to_contain_text("5 maart 2026")
    page.get_by_role("button", name="Afspelen vanaf").first.click()
    expect(page.get_by_role("button", name="Pauze vanaf")).to_be_visible()
    page.get_by_role("button", name="Pauze vanaf").click()
    expect(page.get_by_role("button", name="Afspelen vanaf")).to_have_count(2)
    assert not page.context.complaints


def test_a_hit_leads_to_its_moment_in_the_transcript_and_back_with_the_keyboard_alone(page, home):  # noqa: F811
    words, start = phrase(home)
    ask(page, f'"{words}"')
    page.locator(".vondst a").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#transcript .gekozen")).to_have_text(words.split())
    expect(page.locator("#tijd")).to_contain_text(f"0:00:{int(start):02} /")
    assert page.evaluate("document.activeElement.closest('li')?.dataset.passage") == longest(home).id
    page.go_back()
    expect(page.locator(".vondst mark").first).to_have_text(words)


def test_a_link_to_a_moment_works_on_a_page_that_is_open(context, home):  # noqa: F811
    page = context.new_page()
    page.goto(f"/w/{SLUG}")
    page.wait_for_selector("[data-klaar]")
    _, start = phrase(home)
    page.evaluate(f"location.hash = 't={start}'")
    expect(page.locator("#transcript .gekozen").first).to_be_visible()


@pytest.mark.parametrize("moment", ["1.2.3", ".", "5.", ",3", "1e3", "-1"])
def test_a_link_to_no_moment_is_no_link(context, home, moment):  # noqa: F811
    page = context.new_page()
    page.goto(f"/w/{SLUG}#t={moment}")
    page.wait_for_selector("[data-klaar]")
    assert page.locator("#transcript .gekozen").count() == 0
    assert not context.complaints


def test_a_hit_can_be_heard_again_once_its_recording_has_ended(context, home):  # noqa: F811
    page = context.new_page()
    page.add_init_script("const A = Audio; window.Audio = function () { return (window.geluid = new A()); };")
    page.goto("/")
    page.wait_for_selector("[data-klaar]")
    words, start = phrase(home)
    ask(page, f'"{words}"')
    page.get_by_role("button", name="Afspelen vanaf").first.click()
    expect(page.get_by_role("button", name="Pauze vanaf")).to_be_visible()
    page.evaluate(
        "new Promise((on) => geluid.readyState ? on() : geluid.addEventListener('loadedmetadata', () => on()))"
    )
    page.evaluate("void (geluid.currentTime = geluid.duration)")
    expect(page.get_by_role("button", name="Pauze vanaf")).to_have_count(0)
    page.get_by_role("button", name="Afspelen vanaf").first.click()
    expect(page.get_by_role("button", name="Pauze vanaf")).to_be_visible()
    assert start - 1 < page.evaluate("geluid.currentTime") < start + 5


def withheld(page, address):
    """The requests to this address, which wait until somebody answers them."""
    waiting = []

    def hold(route):
        waiting.append(route)

    page.route(address, hold)
    return waiting


def refuse(route):
    route.fulfill(status=503, content_type="application/json", body='{"problem": "Dat ging mis.", "hint": null}')


def test_an_answer_that_nobody_waits_for_any_more_says_nothing(page, home):  # noqa: F811
    waiting = withheld(page, "**/api/search?q=oud*")
    page.clock.install()
    page.get_by_label("Zoek in alles wat er is gezegd").fill("oud")
    page.keyboard.press("Enter")
    expect(page.locator("#melding")).to_contain_text("Bezig met zoeken")
    ask(page, f'"{phrase(home)[0]}"')
    shown = page.locator("#melding").inner_text()
    page.clock.fast_forward(9000)  # no word that it takes long
    assert page.locator("#melding").inner_text() == shown
    refuse(waiting[0])
    page.evaluate("fetch('/static/icon.svg').then((answer) => answer.text())")  # by then the other answer is read
    assert page.locator("#melding").inner_text() == shown
    assert page.locator(".vondst").count() == 2


def test_the_search_does_not_wait_for_the_list(context, home):  # noqa: F811
    page = context.new_page()
    waiting = withheld(page, "**/api/webinars")
    page.goto(f"/?q={phrase(home)[0]}")
    expect(page.locator(".vondst").first).to_be_visible()
    assert waiting
    waiting[0].continue_()
    page.wait_for_selector("[data-klaar]")
    expect(page.get_by_role("search")).to_be_visible()


def test_a_search_of_one_person_and_from_a_day_on(page):
    page.get_by_label("Van wie").fill("spreker 1")
    page.get_by_label("Vanaf (mag leeg blijven)").fill("2026-03-05")
    ask(page, "de")
    expect(page.locator(".vondst").first).to_contain_text("Spreker 1")
    page.get_by_label("Vanaf (mag leeg blijven)").fill("2026-03-06")
    page.get_by_role("button", name="Zoeken").click()
    expect(page.locator("#melding")).to_contain_text("Geen fragment gevonden met al deze woorden.")
    expect(page.locator("#gevonden")).to_be_hidden()


def test_what_cannot_be_searched_is_said_in_dutch(page):
    page.get_by_label("Zoek in alles wat er is gezegd").fill("…")
    page.keyboard.press("Enter")
    expect(page.locator("#melding")).to_contain_text("Vul in wat u zoekt")


def test_what_is_not_to_be_quoted_is_marked(page, home):  # noqa: F811
    words, start = phrase(home)
    path = Workspace(home, SLUG).path(PASSAGES.file)
    made = PASSAGES.load(path.read_bytes())
    path.write_bytes(PASSAGES.dump(made.model_copy(update={"barred": (Span(start=start, end=start + 1),)})))
    ask(page, f'"{words}"')
    expect(page.locator(".vondst").first).to_contain_text("niet citeren")


def often(home):  # noqa: F811
    """Say the first passage thirty times; gives its first word."""
    path = Workspace(home, SLUG).path(PASSAGES.file)
    made = PASSAGES.load(path.read_bytes())
    [first, *_] = made.passages
    many = (
        first.model_copy(update={"id": f"t{n}", "start": n, "end": n + 0.5, "speaker": "AB"[n % 2]}) for n in range(30)
    )
    path.write_bytes(PASSAGES.dump(made.model_copy(update={"passages": tuple(many)})))
    return first.words[0].text


def test_more_is_shown_on_request(page, home):  # noqa: F811
    ask(page, often(home))
    expect(page.locator(".vondst")).to_have_count(20)
    page.get_by_role("button", name="Meer tonen").click()
    expect(page.locator(".vondst")).to_have_count(30)
    expect(page.locator(".vondst").nth(20).get_by_role("link")).to_be_focused()


def test_more_is_more_of_what_was_asked_whatever_is_typed_by_now(page, home):  # noqa: F811
    ask(page, often(home))
    page.get_by_label("Zoek in alles wat er is gezegd").fill("zwartewaterzuivering")
    page.get_by_role("button", name="Meer tonen").click()
    expect(page.locator(".vondst")).to_have_count(30)


def test_more_that_fails_leaves_what_is_shown_and_the_focus(page, home):  # noqa: F811
    ask(page, often(home))
    page.route("**/api/search?*", refuse)
    page.get_by_role("button", name="Meer tonen").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#melding")).to_contain_text("Dat ging mis.")
    expect(page.get_by_role("button", name="Meer tonen")).to_be_focused()
    assert page.locator(".vondst").count() == 20


def test_a_webinar_without_its_recording_is_found_and_offers_no_sound(page, home):  # noqa: F811
    (home / "outputs" / SLUG / "10-audio.flac").unlink()
    ask(page, f'"{phrase(home)[0]}"')
    expect(page.locator(".vondst").first).to_contain_text("geen opname")
    assert page.get_by_role("button", name="Afspelen").count() == 0


def test_a_home_without_webinars_has_no_search_box(context, home):  # noqa: F811
    (home / "configs" / f"{SLUG}.toml").unlink()
    page = context.new_page()
    page.goto("/")
    page.wait_for_selector("[data-klaar]")
    expect(page.get_by_role("search")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1500, 320])
def test_the_results_are_accessible_and_fit(browser, server, home, width, scheme):  # noqa: F811
    address, token = server
    opened = browser.new_context(viewport={"width": width, "height": 900}, base_url=address, color_scheme=scheme)
    opened.new_page().goto(f"/?token={token}")
    page = opened.new_page()
    page.goto("/?q=de+wijk")
    page.wait_for_selector("[data-klaar]")
    expect(page.locator(".vondst").first).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    opened.close()


@pytest.mark.fault(13)
def test_scripts_from_outside_are_inert_among_the_results(context, home):  # noqa: F811
    toml, hostile = home / "configs" / f"{SLUG}.toml", json.dumps(" ".join(PAYLOADS[:3]))
    text = toml.read_text(encoding="utf-8").replace('"Proefwebinar over wijken"', hostile)
    toml.write_text(text, encoding="utf-8")
    folder = home / "outputs" / SLUG
    made = json.loads((folder / "40-passages.json").read_text(encoding="utf-8"))
    words = [word for passage in made["passages"] for word in passage["words"]]
    for word, payload in zip(words, PAYLOADS * 9, strict=False):
        word["text"] = payload
    (folder / "40-passages.json").write_text(json.dumps(made), encoding="utf-8")
    pin = edits.Pin(name=PAYLOADS[0], moments=(made["passages"][0]["start"],))
    edits.write(folder / "edits" / edits.NAMES, edits.Names(names=(pin,)))
    page = context.new_page()
    page.add_init_script("window.gedaan = 0; window.alert = () => { window.gedaan += 1; };")
    page.goto("/?q=script")
    page.wait_for_selector("[data-klaar]")
    expect(page.locator(".vondst").first).to_contain_text("<script>alert(1)</script>")
    assert page.evaluate("window.gedaan") == 0
    assert page.locator("#gevonden img, #gevonden script, #gevonden iframe, #gevonden svg").count() == 0
    assert [said for said in context.complaints if "Content Security Policy" in said] == []

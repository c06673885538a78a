"""The review page in a real browser: what a reviewer sees, clicks and types."""

from __future__ import annotations

import json
import os
import re
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from pipeline import articles, workspace
from pipeline.errors import PipelineError
from pipeline.workspace import Workspace
from tests.conftest import SLUG
from tests.payloads import PAYLOADS
from tests.served import Reader, serving
from tests.test_reruns import done, whole  # noqa: F401 fixtures

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required", "--mute-audio",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser():
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None and not os.environ.get("CI"):
        pytest.skip("no Chromium here; CI has one")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def home(done, home):  # noqa: F811
    return home


@pytest.fixture
def server(home):
    with serving(home) as (address, token):
        yield address, token


@pytest.fixture
def context(browser, server):
    """A browser that opened the page with its token, and everything that its console complained of."""
    address, token = server
    opened = browser.new_context(viewport={"width": 1500, "height": 950}, base_url=address)
    opened.set_default_timeout(15_000)
    opened.complaints = []
    opened.on("console", lambda said: opened.complaints.append(said.text) if said.type == "error" else None)
    opened.on("weberror", lambda error: opened.complaints.append(str(error.error)))
    opened.new_page().goto(f"/?token={token}")
    yield opened
    opened.close()


def opened(context):
    page = context.new_page()
    page.goto(f"/w/{SLUG}")
    page.wait_for_selector("[data-klaar]")
    return page


@pytest.fixture
def page(context):
    return opened(context)


def article(home):
    return articles.typed(articles.article_path(Workspace(home, SLUG)))


def edit(page, block, text):
    page.locator(f'[data-blok="{block}"]').get_by_role("button", name="Bewerken").click()
    page.get_by_role("textbox", name="Deze tekst bewerken").fill(text)


def save(page):
    page.get_by_role("button", name="Bewaren").click()
    expect(page.locator("#melding")).to_contain_text("Bewaard om")


def test_a_quote_shows_and_sounds_with_one_click(page):
    page.locator("[data-citaat]").first.click()
    expect(page.locator(".gekozen").first).to_be_visible()
    expect(page.locator(".details")).to_contain_text("Nog eens luisteren")
    expect(page.locator("#speel")).to_have_text("Pauze")
    expect(page.locator(".klinkt")).to_be_visible()


def test_a_quote_is_listened_to_when_it_was_played_to_its_end(page):
    page.locator("#snelheid").select_option("2")
    page.locator("[data-citaat]").first.click()
    expect(page.locator("[data-citaat]").first).to_have_class(re.compile("beluisterd"), timeout=40_000)
    expect(page.locator("#tellers")).to_contain_text("1 van")


def test_a_quote_that_was_skipped_through_is_not_listened_to(page):
    page.locator("[data-citaat]").first.click()
    expect(page.locator("#speel")).to_have_text("Pauze")
    page.locator("#vooruit").click()
    expect(page.locator("[data-citaat]").first).not_to_have_class(re.compile("beluisterd"))


def test_an_edit_is_saved_and_checked_at_once(page, home):
    edit(page, 1, "Waarom eigenlijk? ‘Dit zei niemand ooit in deze hele opname’, zei Tom Hendriks.")
    save(page)
    expect(page.locator("#controle")).to_contain_text("niet gevonden")
    assert "Waarom eigenlijk?" in article(home)
    assert not page.context.complaints


def test_escape_leaves_everything_as_it_was(page, home):
    before = article(home)
    edit(page, 1, "Iets anders.")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Weggooien").click()
    expect(page.locator("textarea")).to_have_count(0)
    assert article(home) == before


def test_what_was_typed_survives_a_reload(page):
    edit(page, 1, "Nog niet bewaard, wel getypt.")
    page.reload()
    expect(page.locator("#aanbod")).to_contain_text("Nog niet bewaard, wel getypt.")
    page.get_by_role("button", name="Overnemen").click()
    save(page)
    page.reload()
    page.wait_for_selector("[data-klaar]")
    expect(page.locator("#artikel")).to_contain_text("Nog niet bewaard, wel getypt.")
    expect(page.locator("#aanbod")).to_be_empty()


def test_what_was_typed_survives_a_full_disk(page, home, monkeypatch):
    def full(path, _content):
        raise PipelineError(f"{path.name} could not be written: No space left on device", "free some disk space")

    edit(page, 1, "Getypt bij een volle schijf.")
    with monkeypatch.context() as patch:
        patch.setattr(articles, "write_atomic", full)
        page.get_by_role("button", name="Bewaren").click()
        expect(page.locator("#melding")).to_contain_text("De schijf is vol")
        expect(page.get_by_role("textbox", name="Deze tekst bewerken")).to_have_value("Getypt bij een volle schijf.")
    save(page)
    assert "Getypt bij een volle schijf." in article(home)


def test_what_was_typed_survives_a_server_that_went_away(page):
    page.route("**/api/**", lambda route: route.abort())
    edit(page, 1, "Getypt zonder server.")
    page.get_by_role("button", name="Bewaren").click()
    expect(page.locator("#melding")).to_contain_text("De server antwoordt niet")
    page.unroute("**/api/**")
    save(page)


@pytest.mark.fault(17)
def test_two_tabs_on_one_paragraph_are_shown_both_texts(context, page, home):
    other = opened(context)
    edit(page, 1, "Van de eerste tab.")
    edit(other, 1, "Van de tweede tab.")
    save(page)
    other.get_by_role("button", name="Bewaren").click()
    expect(other.get_by_role("dialog")).to_contain_text("Van de eerste tab.")
    expect(other.get_by_role("textbox", name="Uw tekst")).to_have_value("Van de tweede tab.")
    other.get_by_role("textbox", name="Uw tekst").fill("Van beide tabs.")
    other.get_by_role("button", name="Mijn tekst bewaren").click()
    expect(other.locator("#artikel")).to_contain_text("Van beide tabs.")
    assert "Van beide tabs." in article(home)


def test_another_tab_sees_what_was_saved_here(context, page):
    other = opened(context)
    edit(page, 1, "Dit ziet de andere tab ook.")
    save(page)
    expect(other.locator("#artikel")).to_contain_text("Dit ziet de andere tab ook.")


def test_ten_tabs_are_not_too_many(context, page):
    """A browser has six connections for a server, and each tab wants to hear what goes on."""
    tabs = [opened(context) for _ in range(9)]
    edit(page, 1, "Dit zien alle tabs.")
    save(page)
    for tab in tabs:
        expect(tab.locator("#artikel")).to_contain_text("Dit zien alle tabs.")
    page.close()
    edit(tabs[0], 1, "En dit ook, nu de eerste tab dicht is.")
    save(tabs[0])
    expect(tabs[-1].locator("#artikel")).to_contain_text("nu de eerste tab dicht is")


def test_an_earlier_version_is_looked_at_and_taken_back(page, home):
    edit(page, 1, "Versie een?")
    save(page)
    edit(page, 1, "Versie twee?")
    save(page)
    page.locator("#versies").click()
    page.get_by_role("dialog").get_by_role("listitem").last.get_by_role("button").click()
    expect(page.get_by_role("dialog").locator("del")).to_contain_text("een?")
    page.get_by_role("button", name="Zet deze versie terug").click()
    expect(page.locator("#artikel")).to_contain_text("Versie een?")


def longest(page):
    words = "els => els.map(e => e.querySelector('p').textContent.length)"
    lengths = page.locator(".passage").evaluate_all(words)
    return page.locator(".passage").nth(lengths.index(max(lengths)))


def test_a_quote_is_taken_from_the_transcript_with_the_keyboard_alone(page, home):
    longest(page).get_by_role("button", name="Kies woorden").focus()
    page.keyboard.press("Enter")
    page.get_by_role("slider", name="Laatste woord").focus()
    page.keyboard.press("Home")
    for _ in range(11):
        page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Als citaat").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Zo komt het in het artikel")
    printed = page.locator("dialog .uit").last.text_content()
    page.get_by_role("button", name="Zet in het artikel").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#melding")).to_contain_text("Het citaat staat in het artikel")
    assert printed in article(home)


def test_selected_words_become_a_quote(page):
    longest(page).locator("p").evaluate(
        """p => { const range = document.createRange(); range.selectNodeContents(p);
        getSelection().removeAllRanges(); getSelection().addRange(range); }"""
    )
    page.locator("#als-citaat").click()
    expect(page.get_by_role("dialog")).to_contain_text("Doorgestreepte woorden vervallen")


def test_a_suggestion_is_refused_word_by_word(page):
    spoken = {
        "voice": "A", "name": "Anna", "spoken": "Ja, eh, wij luisteren", "text": "Wij luisteren", "barred": None,
        "words": [
            {"text": "Ja,", "drop": True, "kind_nl": "begin weg"},
            {"text": "eh,", "drop": True, "kind_nl": "stopwoord weg"},
            {"text": "wij", "drop": False, "kind_nl": None},
        ],
    }  # fmt: skip
    kept = []

    def print_it(route):
        kept.append(route.request.post_data_json["keep"])
        route.fulfill(json={"text": "x", "markdown": f"Anna zei: ‘{len(kept[-1])}’", "status": "cleaned"})

    page.route("**/quote", lambda route: route.fulfill(json=spoken))
    page.route("**/quote/text", print_it)
    longest(page).get_by_role("button", name="Kies woorden").click()
    page.get_by_role("button", name="Als citaat").click()
    page.get_by_role("button", name="eh,").click()
    expect(page.locator("dialog .uit").last).to_have_text("Anna zei: ‘1’")
    assert kept == [[], [1]]


def test_a_passage_is_marked_not_to_be_quoted(page):
    longest(page).get_by_role("button", name="Kies woorden").click()
    page.get_by_role("button", name="Niet citeren").click()
    expect(page.locator(".geweerd")).to_have_count(1)
    expect(page.locator(".geweerd")).to_contain_text("niet citeren")


def test_a_name_is_right_everywhere_in_three_clicks(page, home):
    """One click to put the cursor in the field, one to confirm."""
    field = page.get_by_label("Naam van stem B")
    field.click()
    field.fill("Anna de Groot")
    page.locator("#stemmen article").nth(1).get_by_role("button", name="Bevestig").click()
    expect(page.locator("#transcript")).to_contain_text("B · Anna de Groot")
    expect(page.locator("#artikel")).to_contain_text("Anna de Groot")
    assert "Anna de Groot" in article(home)


def test_voices_are_merged_and_taken_back(page):
    page.locator("#stemmen article").first.get_by_role("button", name="Meer").click()
    page.get_by_role("button", name="Samenvoegen").click()
    expect(page.locator("#stemmen article")).to_have_count(1)
    page.get_by_role("button", name="Maak ongedaan").click()
    expect(page.locator("#stemmen article")).to_have_count(2)


def test_a_passage_is_given_to_a_new_voice(page):
    longest(page).get_by_role("button", name="Kies woorden").click()
    page.get_by_label("Dit fragment is van").select_option("new")
    page.get_by_role("button", name="Verplaats").click()
    expect(page.locator("#stemmen article")).to_have_count(3)


def test_a_voice_is_split_where_the_player_stands(page):
    passages = page.locator(".passage").filter(has=page.locator("[data-stem=A]"))
    passages.last.locator(".tijd").click()
    page.locator("#stemmen article").first.get_by_role("button", name="Meer").click()
    page.get_by_role("button", name="Splitsen").click()
    expect(page.locator("#stemmen article")).to_have_count(3)


def test_a_role_is_put_right_and_offered_in_the_edited_article(page, home):
    field = page.get_by_label("Naam van stem B")
    field.fill("Tom Hendriks")
    page.locator("#stemmen article").nth(1).get_by_role("button", name="Bevestig").click()
    expect(page.locator("#transcript")).to_contain_text("B · Tom Hendriks")
    edit(page, 1, "Tom Hendriks, onderzoeker bij de Hogeschool Duinstreek, vertelde?")
    save(page)
    page.locator("#stemmen article").nth(1).get_by_role("button", name="Meer").click()
    page.get_by_label("Functie").fill("lector")
    page.get_by_role("button", name="Bewaar").click()
    expect(page.locator("#hernoemd")).to_contain_text("‘onderzoeker’ heet nu ‘lector’")
    page.get_by_role("button", name="Vervang").click()
    expect(page.locator("#artikel")).to_contain_text("Tom Hendriks, lector bij")


def test_a_word_is_put_right_everywhere(page):
    longest(page).get_by_role("button", name="Kies woorden").click()
    page.get_by_role("slider", name="Laatste woord").press("Home")
    page.get_by_role("button", name="Verbeter").click()
    page.get_by_label("Geschreven wordt").fill("Zwartewaterland")
    page.get_by_role("button", name="Overal").click()
    expect(page.locator("#transcript")).to_contain_text("Zwartewaterland")
    expect(page.locator("#woorden")).to_contain_text("Zwartewaterland")
    page.locator("#woorden").get_by_role("button", name="Neem terug").click()
    expect(page.locator("#transcript")).not_to_contain_text("Zwartewaterland")


@pytest.mark.parametrize("taken", [True, False])
def test_a_section_again_is_shown_as_a_difference_first(page, home, taken):
    before = article(home)
    page.get_by_role("button", name="Sectie opnieuw").first.click()
    page.get_by_role("button", name="Schrijf opnieuw").click()
    expect(page.get_by_role("dialog").locator("ins").first).to_be_visible()
    assert article(home) == before
    page.get_by_role("button", name="Overnemen" if taken else "Laat zoals het was").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert (article(home) != before) is taken


def settle(page, server, context):
    """Names confirmed and quotes listened to, over the same server."""
    reader = Reader(server[0])
    for cookie in context.cookies():
        reader.session.cookies.set(cookie["name"], cookie["value"])
    for voice, name in zip(reader.api("voices")["voices"], ("Marieke Verhoeven", "Tom Hendriks"), strict=False):
        now = reader.does("voices/name", voice=voice["voice"], name=name)["article"]
    for quote in now["quotes"]:
        reader.does("listened", quote=quote["text"], start=quote["start"], end=quote["end"])
    page.reload()
    page.wait_for_selector("[data-klaar]")


def test_approval_waits_until_all_is_settled_and_lapses_with_an_edit(page, server, context):
    page.locator("#goedkeuren").click()
    expect(page.get_by_role("dialog")).to_contain_text("te regelen")
    page.keyboard.press("Escape")
    settle(page, server, context)
    while page.locator("#controle").get_by_role("button", name="Toch toestaan").count():
        left = page.locator("#controle").get_by_role("button", name="Toch toestaan").count()
        page.locator("#controle").get_by_role("button", name="Toch toestaan").first.click()
        page.get_by_label("Waarom mag dit zo blijven?").fill("nagevraagd")
        page.get_by_label("Uw naam").fill("Els Kok")
        page.get_by_role("button", name="Toestaan", exact=True).click()
        expect(page.locator("#controle").get_by_role("button", name="Toch toestaan")).to_have_count(left - 1)
    page.locator("#goedkeuren").click()
    page.get_by_label("Uw naam").fill("Els Kok")
    page.get_by_label("Ik heb de citaten").check()
    page.get_by_role("button", name="Keur goed").click()
    expect(page.locator("#besluit")).to_contain_text("Goedgekeurd door Els Kok")
    edit(page, 1, "Toch nog anders?")
    save(page)
    expect(page.locator("#besluit")).to_contain_text("geldt niet meer")


def test_a_run_shows_its_steps_while_it_goes(page, home):
    toml = home / "configs" / f"{SLUG}.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("Proefwebinar over", "Webinar over"), encoding="utf-8")
    page.reload()
    page.get_by_role("button", name="Bijwerken").click()
    expect(page.locator("#melding")).to_contain_text("Alles is bijgewerkt")
    expect(page.locator("#artikel")).to_contain_text("Webinar over wijken")


def test_a_webinar_that_was_never_run_is_run_from_its_page(context, home):
    shutil.rmtree(home / "outputs" / SLUG)
    page = opened(context)
    expect(page.locator("#webinar")).to_have_text("Proefwebinar over wijken")
    expect(page.locator("#leeg")).to_be_visible()
    page.get_by_role("button", name="Bijwerken").click()
    expect(page.locator("#artikel h2")).to_contain_text("Proefwebinar over wijken")
    expect(page.locator("#leeg")).to_be_hidden()
    page.locator("[data-citaat]").first.click()
    expect(page.locator("#speel")).to_have_text("Pauze")


def test_without_a_recording_nothing_offers_to_play_it(context, home):
    (home / "outputs" / SLUG / "10-audio.flac").unlink()
    page = opened(context)
    expect(page.locator("#speler")).to_contain_text("geen opname")
    page.locator("[data-citaat]").first.click()
    expect(page.locator(".details")).not_to_contain_text("Nog eens luisteren")
    expect(page.locator(".gekozen").first).to_be_visible()
    assert page.get_by_role("button", name="Hoor").count() == 0


def test_everything_of_the_player_works_from_the_keyboard(page):
    page.keyboard.press("k")
    expect(page.locator("#speel")).to_have_text("Pauze")
    page.keyboard.press("k")
    page.keyboard.press("l")
    expect(page.locator("#tijd")).to_contain_text(re.compile("0:00:1"))
    page.keyboard.press(">")
    expect(page.locator("#snelheid")).to_have_value("1.25")
    page.keyboard.press("n")
    expect(page.locator(".details")).to_be_visible()
    page.keyboard.press("?")
    page.get_by_label("Deze toetsen gebruiken").uncheck()
    page.keyboard.press("Escape")
    page.locator("#kop-artikel").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_start_page_leads_to_each_webinar(context):
    page = context.new_page()
    page.goto("/")
    page.get_by_role("link", name="Proefwebinar over wijken").click()
    expect(page.locator("#webinar")).to_contain_text("Proefwebinar over wijken")


def test_an_export_says_that_it_is_a_concept(page):
    page.locator("summary").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Markdown").click()
    assert "CONCEPT" in download.value.suggested_filename


def violations(page):
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1500, 800, 320])
def test_every_state_of_the_page_is_accessible_and_fits(browser, server, width, scheme):
    address, token = server
    context = browser.new_context(viewport={"width": width, "height": 900}, base_url=address, color_scheme=scheme)
    context.new_page().goto(f"/?token={token}")
    page = context.new_page()
    page.goto("/")
    page.wait_for_selector("[data-klaar]")
    assert violations(page) == []
    page.goto(f"/w/{SLUG}")
    page.wait_for_selector("[data-klaar]")
    states = {
        "read": lambda: None,
        "quote": page.locator("[data-citaat]").first.click,
        "versions": lambda: page.locator("#versies").click(),
        "words": lambda: longest(page).get_by_role("button", name="Kies woorden").click(),
        "voice": lambda: page.locator("#stemmen article").first.get_by_role("button", name="Meer").click(),
        "section": page.get_by_role("button", name="Sectie opnieuw").first.click,
        "approve": lambda: page.locator("#goedkeuren").click(),
        "keys": lambda: page.locator("#toetsen").click(),
        "edit": lambda: page.locator('[data-blok="1"]').get_by_role("button", name="Bewerken").click(),
    }
    for name, reach in states.items():
        reach()
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        if page.get_by_role("dialog").count():
            page.keyboard.press("Escape")
    context.close()


@pytest.mark.fault(13)
def test_scripts_from_outside_are_inert_everywhere_on_the_page(context, home):
    """Every payload stands in the title, a name, a role, an organisation, the transcript and the article."""
    toml = home / "configs" / f"{SLUG}.toml"
    text = toml.read_text(encoding="utf-8")
    hostile = json.dumps(" ".join(PAYLOADS[:3]))
    text = text.replace('"Proefwebinar over wijken"', hostile).replace('"Tom Hendriks"', json.dumps(PAYLOADS[0]))
    text = text.replace('"onderzoeker"', json.dumps(PAYLOADS[1])).replace('"Hogeschool Duinstreek"', hostile)
    toml.write_text(text, encoding="utf-8")
    folder = home / "outputs" / SLUG
    passages = json.loads((folder / "40-passages.json").read_text(encoding="utf-8"))
    words = [word for passage in passages["passages"] for word in passage["words"]]
    for word, payload in zip(words, PAYLOADS * 9, strict=False):
        word["text"] = payload
    (folder / "40-passages.json").write_text(json.dumps(passages), encoding="utf-8")
    mine = "\n\n".join([article(home), *(f"{p} ‘{p}’, zei {p}." for p in PAYLOADS), *(f"## {p}" for p in PAYLOADS)])
    (folder / "edits").mkdir(exist_ok=True)
    workspace.write_atomic(folder / "edits" / "article.md", mine.encode())
    page = context.new_page()
    page.add_init_script("window.gedaan = 0; window.alert = () => { window.gedaan += 1; };")
    page.goto(f"/w/{SLUG}")
    page.wait_for_selector("[data-klaar]")
    expect(page.locator("#artikel")).to_contain_text("<script>alert(1)</script>")
    page.locator("[data-citaat]").first.click()
    longest(page).get_by_role("button", name="Kies woorden").click()
    assert page.evaluate("window.gedaan") == 0
    assert page.locator("#artikel img, #artikel script, #transcript img, #artikel iframe, #artikel svg").count() == 0
    assert [said for said in context.complaints if "Content Security Policy" in said] == []

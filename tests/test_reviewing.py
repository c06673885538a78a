"""What a reviewer does on the page, through the server: edit, compare, name, listen, waive, approve."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline import articles
from pipeline.workspace import Workspace
from tests.conftest import SLUG
from tests.served import reading
from tests.test_reruns import done, whole  # noqa: F401 fixtures


@pytest.fixture
def home(done, home):  # noqa: F811
    return home


@pytest.fixture
def page(home):
    with reading(home) as reader:
        yield reader


def workspace(home):
    return Workspace(home, SLUG)


def article(home):
    return articles.typed(articles.article_path(workspace(home)))


def paragraph(page):
    """The lead."""
    now = page.api("article")
    return now, next(block for block in now["blocks"] if block["kind"] == "paragraph")


def edit(page, source):
    now, block = paragraph(page)
    return replaced(page, now, block, source)


def replaced(page, now, block, source):
    return page.does(
        "article/block", was=now["sha"], op="replace", index=block["index"], base=block["source"], source=source
    )


def test_an_edit_changes_its_block_and_not_a_byte_elsewhere(page, home):
    before = article(home)
    _, block = paragraph(page)
    edit(page, "Een nieuwe inleiding? Ja, en waarom?")
    assert article(home) == before.replace(block["source"], "Een nieuwe inleiding? Ja, en waarom?")


def test_the_check_runs_again_at_once(page):
    after = edit(page, "‘Dit is door niemand ooit gezegd in deze opname’, zei Tom Hendriks.")
    assert "not found" in {quote["status"] for quote in after["quotes"]}
    assert any("niet gevonden" in one["text"] for one in after["obstacles"])


def test_every_save_is_kept_and_can_be_taken_back(page, home):
    first = article(home)
    edit(page, "Eerste versie?")
    after = edit(page, "Tweede versie?")
    kept = page.api("article/versions")
    texts = [page.api(f"article/versions/{one['id']}")["text"] for one in kept]
    assert ["Tweede versie?" in text for text in texts] == [True, False]
    back = page.does(f"article/versions/{kept[1]['id']}/restore", was=after["sha"])
    assert any(block["source"] == "Eerste versie?" for block in back["blocks"])
    page.does("article/machine", was=back["sha"])
    assert article(home) == first


def test_what_was_typed_in_an_editor_of_her_own_is_not_lost_by_a_save_on_the_page(page, home, impressie):
    machine = home / "outputs" / SLUG / "50-article.md"
    machine.write_text(machine.read_text(encoding="utf-8") + "\nMet een eigen editor getypt.\n", encoding="utf-8")
    edit(page, "Op de pagina getypt?")
    assert "Met een eigen editor getypt." in article(home)
    assert "Op de pagina getypt?" in article(home)
    assert impressie("run", SLUG).code == 0


@pytest.mark.fault(17)
def test_two_tabs_that_edit_different_blocks_both_keep_their_words(page, home):
    now = page.api("article")
    one, other = [block for block in now["blocks"] if block["kind"] == "paragraph"][:2]
    for block, text in ((one, "Van tab een."), (other, "Van tab twee.")):
        page.does(
            "article/block", was=now["sha"], op="replace", index=block["index"], base=block["source"], source=text
        )
    assert "Van tab een." in article(home)
    assert "Van tab twee." in article(home)


@pytest.mark.fault(17)
def test_two_tabs_that_edit_the_same_block_are_shown_both(page, home):
    now, block = paragraph(page)
    body = {"was": now["sha"], "op": "replace", "index": block["index"], "base": block["source"]}
    page.does("article/block", **body, source="Van tab een.")
    answer = page.post("article/block", {**body, "source": "Van tab twee."})
    assert answer.status_code == 409
    assert (answer.json()["mine"], answer.json()["theirs"]) == ("Van tab twee.", "Van tab een.")
    assert "Van tab een." in article(home)


@pytest.mark.fault(17)
def test_two_hundred_races_lose_no_edit(page, home):
    """Two tabs add a paragraph each, a hundred times over, at the same moment: all two hundred are there."""
    together = threading.Barrier(2)

    def tab(name):
        for number in range(100):
            together.wait(30)
            now = page.api("article")
            page.does(
                "article/block", was=now["sha"], op="insert", index=len(now["blocks"]), source=f"{name} {number}."
            )

    with ThreadPoolExecutor(2) as tabs:
        for done in [tabs.submit(tab, name) for name in ("Een", "Twee")]:
            done.result()
    text = article(home)
    assert [n for name in ("Een", "Twee") for n in range(100) if f"{name} {n}.\n" not in text] == []


def test_a_quote_is_listened_to_until_its_words_change(page):
    now = page.api("article")
    quote = now["quotes"][0]
    assert not quote["listened"]
    after = page.does("listened", quote=quote["text"], start=quote["start"], end=quote["end"])
    assert after["quotes"][0]["listened"]
    block = after["blocks"][quote["block"]]
    words = quote["text"].split()
    source = block["source"].replace(quote["text"], " ".join(words[:-3]))
    changed = replaced(page, after, block, source)
    assert not changed["quotes"][0]["listened"]


def settled(page):
    """Name every voice, listen to every quote."""
    voices = page.api("voices")
    names = ["Marieke Verhoeven", "Tom Hendriks", "Sara Post", "Piet Vos", "Els Kok", "Jan Bos"]
    for voice, name in zip(voices["voices"], names, strict=False):
        now = page.does("voices/name", voice=voice["voice"], name=name)["article"]
    for quote in now["quotes"]:
        now = page.does("listened", quote=quote["text"], start=quote["start"], end=quote["end"])
    return now


def test_the_gate_opens_when_all_is_settled_and_an_edit_voids_the_approval(page, home, impressie):
    closed = page.post("approve", {"was": page.api("article")["sha"], "who": "Els Kok", "statement": "Gelezen."})
    assert closed.status_code == 409
    now = settled(page)
    for obstacle in now["obstacles"]:
        now = page.does("waive", objection=obstacle["text"], reason="nagevraagd", who="Els Kok")
    after = page.does("approve", was=now["sha"], who="Els Kok", statement="Gelezen.")
    assert after["approval"]["who"] == "Els Kok"
    assert "approved on" in impressie("run", SLUG).err
    voided = edit(page, "Toch anders?")
    assert voided["approval"] is None
    assert voided["lapsed"]["who"] == "Els Kok"
    assert "+Toch anders?" in impressie("diff", SLUG, "--since-approval").out


def test_an_approval_of_another_text_than_was_read_is_refused(page):
    now = settled(page)
    for obstacle in now["obstacles"]:
        now = page.does("waive", objection=obstacle["text"], reason="nagevraagd", who="Els Kok")
    edit(page, "Intussen anders?")
    assert page.post("approve", {"was": now["sha"], "who": "Els Kok", "statement": "x"}).status_code == 409


def test_a_waiver_of_one_quote_does_not_hold_for_another_that_begins_alike(page):
    now = page.api("article")
    about = next(one for one in now["obstacles"] if one["quote"] is not None)
    after = page.does("waive", objection=about["text"], reason="nagevraagd", who="Els Kok")
    assert next(one for one in after["obstacles"] if one["text"] == about["text"])["waived"]
    quote = after["quotes"][about["quote"]]
    block = after["blocks"][quote["block"]]
    source = block["source"].replace(quote["text"], " ".join(quote["text"].split()[:-1]))
    changed = replaced(page, after, block, source)
    assert not any(one["waived"] for one in changed["obstacles"] if one["quote"] == about["quote"])


def test_a_quote_that_was_withdrawn_stands_in_the_way_until_it_is_gone(page, home):
    now = page.api("article")
    quote = now["quotes"][0]
    body = {"name": quote["name"], "quote": quote["text"], "wanted": "", "who": "Els Kok"}
    after = page.does("answer", **body, answer="withdrawn")
    assert any("trok het citaat in" in one["text"] for one in after["obstacles"])
    assert after["quotes"][0]["answer"] == "trekt het in"
    after = page.does("answer", **body, answer="agreed")
    assert not any("trok het citaat in" in one["text"] for one in after["obstacles"])
    assert page.post("answer", {**body, "answer": "misschien"}).status_code == 400
    assert page.post("answer", {**body, "answer": "agreed", "quote": "Iets anders."}).status_code == 404


@pytest.mark.parametrize("body", [{"reason": "", "who": "Els"}, {"reason": "x", "who": " "}])
def test_a_waiver_needs_a_reason_and_a_name(page, body):
    objection = page.api("article")["obstacles"][0]["text"]
    assert page.post("waive", {"objection": objection, **body}).status_code == 400


def test_a_waiver_is_for_what_the_check_objects_to_only(page):
    assert page.post("waive", {"objection": "iets anders", "reason": "x", "who": "Els"}).status_code == 400


def test_an_approval_lapses_when_a_stage_is_run_again(page, home, impressie):
    now = settled(page)
    for obstacle in now["obstacles"]:
        now = page.does("waive", objection=obstacle["text"], reason="nagevraagd", who="Els Kok")
    page.does("approve", was=now["sha"], who="Els Kok", statement="x")
    said = impressie("rerun", SLUG, "segment")
    assert "the approval by Els Kok no longer holds" in said.err
    assert page.api("article")["approval"] is None


def test_a_new_name_is_offered_in_the_edited_article_and_taken_where_she_says(page, home):
    voices = page.api("voices")["voices"]
    page.does("voices/name", voice=voices[0]["voice"], name="Anna de Groot")
    edit(page, "Anna de Groot opende het webinar. Volgens De Groot was het vol.")
    after = page.does("voices/name", voice=voices[0]["voice"], name="Anna de Grote")["article"]
    [change] = [one for one in after["renames"] if one["old"] == "Anna de Groot"]
    taken = page.does("article/rename", was=after["sha"], old=change["old"], new=change["new"], places=[0])
    assert "Anna de Grote opende het webinar. Volgens De Groot was het vol." in article(home)
    assert taken["renames"]


def test_the_machines_article_follows_a_name_at_once(page, home):
    voice = page.api("voices")["voices"][1]["voice"]
    after = page.does("voices/name", voice=voice, name="Thomas Hendrikse")
    assert not after["article"]["edited"]
    shown = json.dumps(after, ensure_ascii=False)
    assert "Thomas Hendrikse" in shown


def test_a_passage_is_barred_and_a_quote_from_it_may_not_stay(page):
    quote = page.api("article")["quotes"][0]
    edit(page, "Een eigen inleiding?")  # so that the machine does not choose another quote
    after = page.does("passages/bar", start=quote["start"], end=quote["end"], barred=True)
    assert any(passage["barred"] for passage in after["transcript"]["passages"])
    assert any("niet citeren" in one["text"] for one in after["article"]["obstacles"]) or quote["block"] == 1
    free = page.does("passages/bar", start=quote["start"], end=quote["end"], barred=False)
    assert not any(passage["barred"] for passage in free["transcript"]["passages"])


def test_a_quote_out_of_the_transcript_can_refuse_each_suggestion(page):
    passage = max(page.api("transcript")["passages"], key=lambda one: len(one["words"]))
    found = page.does("quote", start=passage["start"], end=passage["end"])
    dropped = [i for i, word in enumerate(found["words"]) if word["drop"]]
    clean = page.does("quote/text", start=passage["start"], end=passage["end"], keep=[])
    kept = page.does("quote/text", start=passage["start"], end=passage["end"], keep=dropped)
    assert clean["text"] == found["text"]
    assert len(kept["text"].split()) == len(found["words"])
    now = page.api("article")
    after = page.does("article/block", was=now["sha"], op="insert", index=3, source=clean["markdown"])
    assert after["quotes"][-1]["status"] in ("exact", "cleaned") or dropped


def test_voices_can_be_merged_split_moved_and_taken_back(page):
    before = [passage["voice"] for passage in page.api("transcript")["passages"]]
    first, second = list(dict.fromkeys(before))[:2]
    merged = page.does("voices/merge", into=first, **{"from": second})
    assert second not in {p["voice"] for p in merged["transcript"]["passages"]} or len(set(before)) > 2
    back = page.does("voices/undo")
    assert [p["voice"] for p in back["transcript"]["passages"]] == before


def test_a_word_is_put_right_everywhere_and_taken_back(page):
    word = next(w for p in page.api("transcript")["passages"] for w in p["words"] if len(w[2]) > 6 and w[2].isalpha())
    after = page.does("words/set", heard=word[2], written="Zwartewaterland", at=None)
    assert "Zwartewaterland" in json.dumps(after["transcript"])
    back = page.does("words/undo", heard=word[2])
    assert "Zwartewaterland" not in json.dumps(back["transcript"])


def test_a_role_that_changes_stands_in_the_list_and_is_offered(page, home):
    edit(page, "Tom Hendriks, onderzoeker bij de Hogeschool Duinstreek, vertelde erover.")
    who = {"name": "Tom Hendriks", "role": "lector", "organisation": "Hogeschool Duinstreek"}
    after = page.does("speakers", **who, was="Tom Hendriks")
    assert who in after["voices"]["speakers"]
    assert [(one["old"], one["new"]) for one in after["article"]["renames"]] == [("onderzoeker", "lector")]


def test_a_section_again_is_shown_first_and_taken_or_left(page, home):
    before = article(home)
    shown = page.does("sections/1/redraft", hint="")
    assert article(home) == before
    assert shown["old"] in before
    after = page.does("sections/1/take", id=shown["id"], was="")
    assert article(home) == before.replace(shown["old"], shown["new"])
    assert not after["edited"]


def test_a_run_is_told_step_by_step_in_dutch(page, home):
    toml = home / "configs" / f"{SLUG}.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("Proefwebinar over", "Webinar over"), encoding="utf-8")
    with page.get(f"/api/w/{SLUG}/events", stream=True) as stream:
        lines = stream.iter_lines(decode_unicode=True)
        next(lines)
        assert page.post("run", {}).status_code == 202
        told = []
        for text in lines:
            told.append(text)
            if text == "event: done":
                break
    steps = [json.loads(text[6:]) for text in told if text.startswith("data: ")]
    assert {"artikel schrijven", "controleren"} <= {step.get("name_nl") for step in steps}
    assert any("citaten" in (step.get("summary_nl") or "") for step in steps)
    assert page.api("stages")["busy"] is False


def test_the_start_page_says_where_each_webinar_stands(page):
    [row] = page.get("/api/webinars").json()
    assert row["state"] == "te controleren"
    assert row["todo"] == len(page.api("article")["obstacles"])

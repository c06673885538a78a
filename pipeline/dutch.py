"""The page speaks Dutch: stages, states, summaries, and what went wrong."""

from __future__ import annotations

import re

from pipeline.errors import PipelineError
from pipeline.models import Suspect

STAGES = {
    "download": "opname ophalen",
    "transcribe": "uitschrijven",
    "diarize": "stemmen onderscheiden",
    "segment": "transcript opmaken",
    "draft": "artikel schrijven",
    "rehear": "citaten opnieuw beluisteren",
    "check": "controleren",
}
STATES = {"fresh": "bij", "stale": "niet meer bij", "never run": "nog niet gedaan", "edited": "met de hand gewijzigd"}
STRENGTH = {"strong": "sterk", "fair": "redelijk", "weak": "zwak"}
KINDS = {
    "introduction": "stelt zich voor",
    "called, then speaks": "krijgt het woord en spreekt dan",
    "thanked after speaking": "wordt na het spreken bedankt",
    "order of the list": "volgorde van de sprekerslijst",
}
ANSWERS = {"agreed": "akkoord", "changed": "wil het anders:", "withdrawn": "trekt het in"}
DOUBTS = {
    "known invention": "bekende verzinning van de spraakherkenning",
    "repeats itself": "herhaalt zich",
    "text on silence": "tekst bij stilte",
    "hardly understood": "nauwelijks verstaan",
}
WORDS = (  # in the summaries of the stages and the reasons of freshness, the longest first
    (r"\bof sound\b", "geluid"),
    (r"\bwith captions\b", "met ondertitels"),
    (r"\ba transcript of\b", "een transcript van"),
    (r", without a recording\b", ", zonder opname"),
    (r"\bwords\b", "woorden"),
    (r"\bdoubtful stretches?\b", "twijfelachtige stukken"),
    (r"\bvoices?\b", "stemmen"),
    (r"\bturns?\b", "beurten"),
    (r"\(given\)", "(gegeven)"),
    (r"\bpassages,", "fragmenten,"),
    (r"\bof (\d+) stemmen named\b", r"van \1 stemmen met een naam"),
    (r"\bquotes heard again\b", "citaten opnieuw beluisterd"),
    (r"\bwith other woorden\b", "anders verstaan"),
    (r"\bskipped: there is no recording to listen to\b", "overgeslagen: er is geen opname"),
    (r"\bquotes\b", "citaten"),
    (r"\bthings to settle\b", "te regelen"),
    (r"\bexact\b", "letterlijk"),
    (r"\bcleaned\b", "opgeschoond"),
    (r"\baltered\b", "anders gezegd"),
    (r"\bmisattributed\b", "van een ander"),
    (r"\bnot found\b", "niet gevonden"),
    (r"\btranslated\b", "vertaald"),
    (r"\bnone\b", "geen"),
    (r"\bwaits for (\w+)\b", lambda found: f"wacht op: {STAGES.get(found[1], found[1])}"),
    (r"\bchanged by hand\b", "met de hand gewijzigd"),
    (r"\bchanged\b", "is veranderd"),
    (
        r"^(.+) was named at ([\d:]+), but nobody is heard there any more$",
        r"\1 werd op \2 aangewezen, maar daar is niemand meer te horen.",
    ),
    (
        r"^(.+) was named at ([\d:]+), but voice (\w+),.*goes by (.+)$",
        r"\1 werd op \2 aangewezen, maar de stem die daar te horen is (\3) heet \4.",
    ),
    (
        r"^(.+) was named at ([\d:]+), but voice (\w+),.*$",
        r"\1 werd op \2 aangewezen, maar de stem die daar te horen is (\3) is op de andere momenten niet te horen.",
    ),
    (
        r"^what was said from ([\d:]+) to ([\d:]+).*was given to .*$",
        r"Wat van \1 tot \2 is gezegd werd aan een andere stem gegeven, maar dat past niet meer.",
    ),
    (
        r"^‘(.+)’ was to be written ‘(.+)’, but is not heard .* any more$",
        r"‘\1’ zou ‘\2’ worden, maar is daar niet meer te horen.",
    ),
    (r"^nobody says who$", "niemand zegt wie dit is"),
    (r"^one hint is not enough$", "één aanwijzing is niet genoeg"),
    (r"^not in the list of speakers$", "staat niet in de lijst van sprekers"),
    (r"^you also named it (.+)$", r"u noemde deze stem ook \1"),
    (r"^only a part of whom you named (.+)$", r"maar een deel van wie u \1 noemde"),
    (r"\bis now (.+?), was (.+)$", r"is nu \1, was \2"),
    (r"\bis new\b", "is nieuw"),
    (r"\bis gone\b", "is weg"),
)
LATER = "Probeer het later opnieuw."
FILE = "Vraag de eigenaar om het bestand."
RECORDINGS = (  # what may be wrong with a recording, its address, its settings or the machine, as PROBLEMS
    (
        r"this is no robot",
        "De site wil een bewijs dat hier geen robot werkt, en geeft de opname niet.",
        "Wie het kanaal beheert kan de video in YouTube Studio downloaden; geef dan het bestand.",
    ),
    (r"is private|after signing in|members or subscribers|for adults", "De opname is niet openbaar.", FILE),
    (r"no longer there|there is nothing at", "De opname staat niet (meer) op dat adres.", "Kijk in een browser."),
    (
        r"is a playlist",
        "Dat adres is een afspeellijst, niet één opname.",
        "Geef het adres van één video, of de hele lijst aan ‘impressie batch’.",
    ),
    (r"is still live|has not begun yet|still processing", "De uitzending is nog niet afgelopen of verwerkt.", LATER),
    (r"too many requests|a fault of its own", "De site vraagt om later terug te komen.", LATER),
    (r"from this country|against copying|does not let", "De site geeft de opname niet.", FILE),
    (
        r"cannot be reached|broke off|connection to .* is not safe",
        "De site is niet te bereiken, of de verbinding viel weg.",
        "Probeer het later opnieuw; wat er al is blijft bewaard.",
    ),
    (r"cannot be downloaded|that can be downloaded", "Op dat adres is geen opname die te downloaden is.", FILE),
    (
        r"as sound or video|no sound|damaged or cut|cut off or|is empty \(|is too short: ",
        "De opname is geen geluid of film, of is beschadigd of afgekapt.",
        "Haal of exporteer haar opnieuw.",
    ),
    (r"there is no file", "Een bestand is er niet.", "Verbeter ‘url’ of ‘transcript’ in configs/WEBINAR.toml."),
    (
        r"is not valid TOML|there is no setting|\.toml: ",
        "De instellingen van dit webinar zijn niet te lezen.",
        "Verbeter configs/WEBINAR.toml; ‘impressie status WEBINAR’ noemt de regel.",
    ),
    (
        r"was stopped by signal|no process could be started",
        "Het programma werd gestopt, misschien bij gebrek aan geheugen.",
        "Probeer het opnieuw, met minder tegelijk.",
    ),
    (
        r"the process ended with",
        "Er ging iets mis dat niet had mogen gebeuren.",
        "Voer dit webinar afzonderlijk uit: impressie run WEBINAR.",
    ),
    (
        r"nothing has come in",
        "Wat een andere machine schreef is hier niet te zien.",
        "Zien alle machines dezelfde map?",
    ),
)
PROBLEMS = (  # message of a PipelineError → what it means for a reviewer, and what she can do
    (
        r"is being forgotten",
        "In dit webinar wordt een spreker vergeten, en dat is nog niet overal gebeurd.",
        "Geef in de terminal een opdracht, zoals ‘impressie status’: die gaat ermee verder, of zegt waarom niet.",
    ),
    (
        r"search index cannot|search index could not|changing \.search",
        "Er kan nu niet worden gezocht: wat gevonden kan worden, wordt net bijgewerkt of is niet te schrijven.",
        "Probeer het over een paar minuten opnieuw.",
    ),
    (
        r"is in use by|another impressie is changing",
        "Er wordt op dit moment al aan dit webinar gewerkt.",
        "Wacht tot dat klaar is en probeer het opnieuw.",
    ),
    (
        r"could not be written",
        "De schijf is vol of er kan niet worden geschreven.",
        "Maak ruimte vrij; wat u typte blijft hier staan. Probeer het daarna opnieuw.",
    ),
    (r"has no article yet", "Er is nog geen artikel.", "Kies ‘Bijwerken’."),
    (
        r"has no transcript yet|nobody has been heard|nothing has been heard",
        "Er is nog geen transcript.",
        "Kies ‘Bijwerken’.",
    ),
    (
        r"were changed by hand",
        "Zowel 50-article.md als uw eigen tekst is met de hand gewijzigd.",
        "Zet wat u wilt houden in edits/article.md en verwijder 50-article.md.",
    ),
    (r"changed meanwhile", "Het artikel is intussen gewijzigd.", "Vergelijk de twee teksten en bewaar opnieuw."),
    (r"draft is not up to date", "Het concept is niet meer bij.", "Kies eerst ‘Bijwerken’."),
    (r"there is no section|there is no part", "Deze sectie is niet (meer) te vinden.", None),
    (
        r"nothing else to quote",
        "Er is in dit deel van het gesprek niets anders dat geciteerd kan worden.",
        "Kies zelf een citaat in het transcript.",
    ),
    (
        r"things are to be settled",
        "Er is nog iets te regelen voordat u kunt goedkeuren.",
        "Zie de lijst bij ‘Controle’.",
    ),
    (r"an approval needs a name", "Vul in wie er voor de tekst instaat.", None),
    (r"a waiver needs", "Vul een reden en uw naam in.", None),
    (r"does not object to that", "Dat punt staat niet (meer) open.", None),
    (r"nothing to undo", "Er is niets om terug te nemen.", None),
    (r"nobody speaks at|nothing is said there", "Op dat moment zegt niemand iets.", "Kies een ander moment."),
    (r"cannot be merged with itself", "Kies twee verschillende stemmen.", None),
    (
        r"nothing to split",
        "Deze stem zegt daarvoor niets; er valt niets te splitsen.",
        "Voeg de stemmen samen als dat de bedoeling is.",
    ),
    (r"is voice .* already", "Dit fragment is al van die stem.", None),
    (
        r"is not in the transcript|is not heard at",
        "Die woorden staan niet zo in het transcript.",
        "Selecteer ze in het transcript.",
    ),
    (r"was never put right", "Daar is niets aan verbeterd.", None),
    (r"no word to search for", "Vul in wat u zoekt: een woord of een paar woorden.", None),
    (r"too long to search for", "Dat is te lang om te zoeken.", "Neem een paar woorden."),
    (r"is no date", "Dat is geen datum.", None),
    (r"puts nothing right|gives no name", "Vul een naam of woord in.", None),
    (r"there is no voice", "Die stem is er niet (meer).", "Laad de pagina opnieuw."),
    (
        r"is damaged and cannot be read",
        "De opname die hier stond is beschadigd.",
        "Haal hem opnieuw op, in de terminal: impressie rerun WEBINAR download.",
    ),
    (r"made by an earlier version", "Een bestand is van een eerdere versie van Impressie.", "Kies ‘Bijwerken’."),
    (r"made by a newer version", "Een bestand is van een nieuwere versie van Impressie dan deze.", None),
    (r"cannot be read", "Een bestand van dit webinar kan niet worden gelezen.", None),
    (
        r"there is no webinar|there is no version|there is no such|there is no export",
        "Dat bestaat niet (meer).",
        "Laad de pagina opnieuw.",
    ),
)


def doubt(suspect: Suspect) -> str:
    """Why a stretch of the transcript may be wrong."""
    return DOUBTS.get(suspect.reason, suspect.reason)


def told(text: str) -> str:
    """A summary of a stage, or a reason why it is out of date, in Dutch."""
    for pattern, instead in WORDS:
        text = re.sub(pattern, instead, text)
    return text


def problem(error: PipelineError) -> tuple[str, str | None]:
    """What went wrong and what to do, in Dutch; as it was said where we have no Dutch for it."""
    for pattern, said, todo in (*RECORDINGS, *PROBLEMS):
        if re.search(pattern, error.message):
            return said, todo
    return f"Dat lukte niet: {error.message}.", error.hint

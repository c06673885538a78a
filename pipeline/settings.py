"""What a setting may hold, and the house style of the article."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


def seconds(text: str) -> float:
    """'1:02:03', '2:03' or '3' as seconds."""
    total = 0.0
    for part in text.split(":"):
        if not part.strip().replace(".", "", 1).isdigit():
            raise ValueError(f"'{text}' is no time; write seconds or h:mm:ss")
        total = total * 60 + float(part)
    return total


def several(value: object) -> object:
    """One value or a list of them, as a tuple."""
    return () if value is None else tuple(value) if isinstance(value, list | tuple) else (value,)


Seconds = Annotated[float, BeforeValidator(lambda said: seconds(said) if isinstance(said, str) else said), Field(ge=0)]
SecondsList = Annotated[tuple[Seconds, ...], BeforeValidator(several)]
Texts = Annotated[tuple[str, ...], BeforeValidator(several)]


class Settings(BaseModel):
    """A table of settings; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def in_order(bounds: tuple[float, float]) -> tuple[float, float]:
    """At least, at most."""
    if not 0 < bounds[0] <= bounds[1]:
        raise ValueError("write [at least, at most], both above 0")
    return bounds


Counts = Annotated[tuple[int, int], AfterValidator(in_order)]
Shares = Annotated[tuple[float, float], AfterValidator(in_order)]


def holds(*places: str) -> AfterValidator:
    """A text with these {places} to fill in and no others."""

    def check(text: str) -> str:
        try:
            text.format(**dict.fromkeys(places, ""))
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError(f"may only hold {', '.join(f'{{{place}}}' for place in places)}") from error
        return text

    return AfterValidator(check)


class HouseStyle(Settings):
    """configs/huisstijl.toml: the form of the article (lengths in words, shares of all words)."""

    title: Annotated[str, holds("title")] = "Impressie webinar ‘{title}’"
    words: Counts = (500, 700)
    lead: Counts = (40, 100)
    questions: Counts = (2, 4)
    pull_quote: bool = True
    main_question: bool = True
    sections: Counts = (3, 4)
    heading: Counts = (2, 5)
    quote: Counts = (9, 90)
    quote_share: Shares = (0.35, 0.5)
    say: tuple[str, ...] = Field(("zei", "stelde", "merkte op", "vertelde", "benadrukte", "legde uit"), min_length=1)
    say_next: tuple[str, ...] = ("voegde toe", "vulde aan")
    closing: Annotated[str, holds("where")] = "De volledige registratie van het webinar is {where} terug te kijken."
    closing_url: Annotated[str, holds("site", "url")] = "op [{site}]({url})"
    closing_file: Annotated[str, holds("organiser")] = "bij {organiser}"
    disclosure: str = (
        "*Dit is een concept dat automatisch is gemaakt op basis van de opname; "
        "de citaten en namen moeten nog door een redacteur worden nagelezen.*"
    )
    approved: str = ""

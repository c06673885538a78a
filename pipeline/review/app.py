"""The local server: addresses, and which function answers each. Everything is JSON but the page and its sound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote as percent

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from pipeline import dutch, edits, redrafting, webinars
from pipeline.articles import ChangedMeanwhileError
from pipeline.artifacts import AUDIO
from pipeline.errors import PipelineError, refused
from pipeline.review import actions, standing, talk, views
from pipeline.review import blocks as cut
from pipeline.review.found import found as hits_for
from pipeline.review.guard import Guard, Keys, TooLargeError
from pipeline.review.live import Hub, Quiet, seen
from pipeline.workspace import Workspace

STATIC = Path(__file__).parent / "static"
Does = Callable[["Desk", Workspace, Request, dict[str, Any]], Any]


class Desk:
    """What one server holds in memory: a hub per webinar, and sections that were proposed and not yet taken."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.hubs: dict[str, Hub] = {}
        self.proposals: dict[str, redrafting.Proposal] = {}

    def workspace(self, request: Request) -> Workspace:
        """The webinar that an address names. PipelineError where there is none."""
        slug = request.path_params["slug"]
        if slug not in webinars.slugs(self.home):
            raise PipelineError(f"there is no webinar called '{slug}'")
        found = Workspace(self.home, slug)
        edits.unsettled(found)
        return found

    @contextmanager
    def acting(self, workspace: Workspace, tells: str | None) -> Iterator[None]:
        """While something is changed here, a change on the disk is no news from elsewhere."""
        hub = self.hub(workspace) if tells else None
        if hub:
            hub.acting += 1
        try:
            yield
        finally:
            if hub:
                hub.acting -= 1
                hub.seen = seen(workspace)

    def hub(self, workspace: Workspace) -> Hub:
        """The pages of a webinar."""
        return self.hubs.setdefault(workspace.slug, Hub(workspace))


def application(desk: Desk, keys: Keys) -> Guard:
    """The whole server, guarded."""
    reads: dict[str, Does] = {
        "article": lambda _d, w, _r, _b: views.article(w),
        "article/versions": lambda _d, w, _r, _b: views.versions(w),
        "article/versions/{id}": lambda _d, w, r, _b: actions.version(w, r.path_params["id"]),
        "transcript": lambda _d, w, _r, _b: talk.transcript(w),
        "waveform": lambda _d, w, _r, _b: talk.waveform(w),
        "voices": lambda _d, w, _r, _b: talk.people(w),
        "words": lambda _d, w, _r, _b: talk.spelling(w),
        "stages": lambda d, w, _r, _b: standing.stages(w, running=d.hub(w).running is not None),
    }
    writes: dict[str, tuple[str | None, Does]] = {
        "article/block": ("article", lambda _d, w, _r, b: actions.edit_block(w, b)),
        "article/rename": ("article", lambda _d, w, _r, b: actions.rename(w, b)),
        "article/machine": ("article", lambda _d, w, _r, b: actions.machine(w, b["was"])),
        "article/versions/{id}/restore": ("article", _restore),
        "passages/bar": ("all", lambda _d, w, _r, b: actions.bar(w, b)),
        "quote": (None, lambda _d, w, _r, b: actions.quote(w, b)),
        "quote/text": (None, lambda _d, w, _r, b: actions.quote_text(w, b)),
        "voices/{action}": ("all", lambda _d, w, r, b: actions.voice(w, r.path_params["action"], b)),
        "speakers": ("all", lambda _d, w, _r, b: actions.speaker(w, b)),
        "words/{action}": ("all", lambda _d, w, r, b: actions.spell(w, r.path_params["action"], b)),
        "sections/{number:int}/redraft": (None, _redraft),
        "sections/{number:int}/take": ("article", _take),
        "listened": ("article", lambda _d, w, _r, b: actions.listen(w, b)),
        "waive": ("article", lambda _d, w, _r, b: actions.waive(w, b)),
        "answer": ("article", lambda _d, w, _r, b: actions.answer(w, b)),
        "approve": ("article", lambda _d, w, _r, b: actions.approve(w, b)),
        "run": (None, _run),
        "run/stop": (None, _stop),
    }  # fmt: skip
    base = "/api/w/{slug}/"
    routes = [
        Route("/", lambda _: FileResponse(STATIC / "start.html")),
        Route("/w/{slug}", lambda _: FileResponse(STATIC / "webinar.html")),
        Route("/w/{slug}/sound", _answering(desk, _sound)),
        Route("/api/webinars", _answering(desk, _webinars)),
        Route("/api/search", _answering(desk, lambda d, _w, r, _b: hits_for(d.home, r.query_params))),
        Route(f"{base}events", _events(desk)),
        Route(f"{base}export/{{kind}}", _answering(desk, _export)),
        *(Route(base + path, _answering(desk, does)) for path, does in reads.items()),
        *(Route(base + at, _answering(desk, does, what), methods=["POST"]) for at, (what, does) in writes.items()),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    return Guard(Starlette(routes=routes), keys)


def _answering(desk: Desk, does: Does, tells: str | None = None) -> Any:
    """An endpoint: read the body, do it in a thread, answer with JSON; errors in Dutch with a fitting status."""

    async def endpoint(request: Request) -> Response:
        try:
            body = dict(await request.json()) if request.method == "POST" else {}
        except (TypeError, ValueError):
            return _problem(400, "Dit verzoek is niet te lezen.")
        except TooLargeError:
            return _problem(413, "Dat is te groot.")
        try:
            workspace = desk.workspace(request) if "slug" in request.path_params else Workspace(desk.home, "")
            with desk.acting(workspace, tells):
                found = await run_in_threadpool(does, desk, workspace, request, body)
        except actions.ConflictError as error:
            article = await run_in_threadpool(views.article, workspace)
            return _problem(409, *dutch.problem(error), mine=error.mine, theirs=error.theirs, article=article)
        except (PipelineError, OSError) as error:
            told = refused(error) if isinstance(error, OSError) else error
            return _problem(_status(told), *dutch.problem(told))
        except (KeyError, TypeError, ValueError, IndexError):
            return _problem(400, "Dit verzoek is niet te lezen.")
        if tells:
            desk.hub(workspace).changed(tells, request.headers.get("x-tab"))
        return found if isinstance(found, Response) else JSONResponse(found)

    return endpoint


def _status(error: PipelineError) -> int:
    if isinstance(error, ChangedMeanwhileError) or "to be settled" in error.message:
        return 409
    if error.message.startswith("there is no"):
        return 404
    return 503 if "could not be written" in error.message or "in use by" in error.message else 400


def _problem(status: int, said: str, todo: str | None = None, **more: Any) -> JSONResponse:
    return JSONResponse({"problem": said, "hint": todo, **more}, status)


def _webinars(desk: Desk, _workspace: Workspace, _request: Request, _body: dict[str, Any]) -> Any:
    running = frozenset(slug for slug, hub in desk.hubs.items() if hub.running)
    return standing.overview(desk.home, running)


def _sound(_desk: Desk, workspace: Workspace, request: Request, _body: dict[str, Any]) -> Response:
    """The FLAC that was transcribed, whole or one range of it; never a file elsewhere that a link points to."""
    path = workspace.path(AUDIO.file).resolve()
    if not path.is_file() or not path.is_relative_to(workspace.folder.resolve()):
        return _problem(404, "Er is geen opname bij dit webinar.")
    if "," in request.headers.get("range", ""):
        return _problem(416, "Eén stuk tegelijk.")
    return FileResponse(path, media_type="audio/flac")


def _events(desk: Desk) -> Any:
    async def endpoint(request: Request) -> Response:
        try:
            workspace = desk.workspace(request)
        except PipelineError as error:
            return _problem(404, *dutch.problem(error))
        return StreamingResponse(desk.hub(workspace).events(), media_type="text/event-stream")

    return endpoint


def _export(_desk: Desk, workspace: Workspace, request: Request, _body: dict[str, Any]) -> Response:
    from pipeline.export import export

    made = export(workspace, request.path_params["kind"])
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{percent(made.name)}"}
    return Response(made.content, media_type=made.media_type, headers=headers)


def _redraft(desk: Desk, workspace: Workspace, request: Request, body: dict[str, Any]) -> Any:
    number, hint = request.path_params["number"], str(body.get("hint") or "")
    made = redrafting.propose(workspace, number, hint, Quiet())
    key = f"{number}-{len(desk.proposals)}"
    desk.proposals[f"{workspace.slug}/{key}"] = made
    return {"id": key, "number": number, "old": made.old, "new": made.new, "diff": cut.diff(made.old, made.new)}


def _take(desk: Desk, workspace: Workspace, _request: Request, body: dict[str, Any]) -> Any:
    made = desk.proposals.get(f"{workspace.slug}/{body['id']}")
    if made is None:
        raise PipelineError("there is no such proposal", "ask for the section once more")
    redrafting.take(workspace, made, Quiet())
    return views.article(workspace)


def _restore(_desk: Desk, workspace: Workspace, request: Request, body: dict[str, Any]) -> Any:
    return actions.restore(workspace, request.path_params["id"], body["was"])


def _run(desk: Desk, workspace: Workspace, _request: Request, _body: dict[str, Any]) -> Response:
    desk.hub(workspace).run()
    return JSONResponse({}, 202)


def _stop(desk: Desk, workspace: Workspace, _request: Request, _body: dict[str, Any]) -> Response:
    running = desk.hub(workspace).running
    if running:
        running.stop.set()
    return JSONResponse({}, 202)

"""/usage: the page, what it shows, and what people decide on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from importlib.resources import files
from typing import Any, Literal, TypeVar

from anyio import to_thread
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from handlens.errors import HandlensError, InvalidInput, LimitExceeded, NotFound
from handlens.kit import Kit
from handlens.usage.board import Board
from handlens.usage.columns import Field as Column
from handlens.usage.history import History
from handlens.usage.reviews import Reviews
from handlens.usage.status import STATUSES
from handlens_server.usage.state import state, trends
from handlens_server.usage.visitors import Visitors, from_another_site

T = TypeVar("T")
ModelT = TypeVar("ModelT", bound=BaseModel)
Answer = Callable[[Request, History, str], Awaitable[Response]]
MOST_BYTES = 20_000
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_FILES = {
    "page.html": "text/html",
    "page.css": "text/css",
    "page.js": "text/javascript",
    "parts.js": "text/javascript",
    "cards.js": "text/javascript",
    "charts.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_HIGHEST = 2**63 - 1
"""No database counts further."""
_PICTURES = ("image/png", "image/jpeg")


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Token(_Body):
    token: str = Field(max_length=8_192)


class _Decision(_Body):
    decision: Literal["accept", "correct"]
    text: str = Field(default="", max_length=500)


class _Teaching(_Body):
    console: str = Field(max_length=191)
    kind: Literal["column", "status"]
    word: str = Field(min_length=1, max_length=191)
    meaning: str = Field(max_length=32)


class UsagePage:
    """The routes under /usage. The page itself is for everybody; what it shows is for visitors who are known."""

    def __init__(self, kit: Callable[[], Awaitable[Kit]], visitors: Visitors) -> None:
        self._kit = kit
        self._visitors = visitors

    def routes(self) -> list[Route]:
        return [
            Route("/usage", partial(_file, "page.html")),
            *(Route(f"/usage/{name}", partial(_file, name)) for name in _FILES if name != "page.html"),
            Route("/usage/api/login", self._login, methods=["POST"]),
            Route("/usage/api/state", self._known(_state)),
            Route("/usage/api/trends", self._known(_trends)),
            Route("/usage/pictures/{number:int}", self._known(_picture)),
            Route("/usage/api/reviews/{number:int}", self._known(_decide), methods=["POST"]),
            Route("/usage/api/teach", self._known(_teach), methods=["POST"]),
        ]

    def _known(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        """The answer for visitors who are known, and what went wrong as JSON."""

        async def endpoint(request: Request) -> Response:
            who = await self._visitors.name(request)
            if who is None:
                return _said("Sign in with an access token of this server.", 401)
            history = (await self._kit()).history
            if history is None:
                return _said("No usage history is kept here: set history to its database URL.", 404)
            try:
                return await answer(request, history, who)
            except HandlensError as error:
                return _said(str(error), _status_of(error))

        return endpoint

    async def _login(self, request: Request) -> Response:
        response = JSONResponse({}, headers=HEADERS)
        try:
            token = (await _body(request, _Token)).token
        except HandlensError as error:
            return _said(str(error), _status_of(error))
        if await self._visitors.enter(request, token, response):
            return response
        return _said("That is no access token of this server.", 403)


def _status_of(error: HandlensError) -> int:
    if isinstance(error, LimitExceeded):
        return 413
    return 404 if isinstance(error, NotFound) else 400 if isinstance(error, InvalidInput) else 503


def _said(what: str, status: int) -> JSONResponse:
    return JSONResponse({"error": what}, status_code=status, headers=HEADERS)


async def _file(name: str, _: Request) -> Response:
    text = await to_thread.run_sync(files("handlens_server.usage").joinpath(name).read_bytes)
    return Response(text, media_type=_FILES[name], headers=HEADERS)


async def _body(request: Request, model: type[ModelT]) -> ModelT:
    """What was sent, if it is ours to take: JSON, short, and not from a page of somebody else."""
    if from_another_site(request) or request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise InvalidInput("Send JSON, from the usage page itself or from a program.")
    sent = b""
    async for part in request.stream():
        sent += part
        if len(sent) > MOST_BYTES:
            raise LimitExceeded(f"More than {MOST_BYTES} bytes were sent.", setting="")
    try:
        return model.model_validate_json(sent)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"What was sent is wrong at {place}: {first['msg']}.") from error


async def _state(_: Request, history: History, __: str) -> Response:
    return JSONResponse(await to_thread.run_sync(state, history), headers=HEADERS)


async def _trends(request: Request, history: History, _: str) -> Response:
    query = request.query_params
    try:
        hours = float(query.get("hours", "24"))
    except ValueError:
        hours = 0.0
    if not 0 < hours <= 24 * 400:
        raise InvalidInput("hours is a number from 0 to 9600.")
    asked: dict[str, Any] = {"console": query.get("console", ""), "task": query.get("task"), "hours": hours}
    metric = query.get("metric", "gpu_utilization_percent")
    return JSONResponse(await to_thread.run_sync(partial(trends, history, metric=metric, **asked)), headers=HEADERS)


def _number(request: Request) -> int:
    number: int = request.path_params["number"]
    if number > _HIGHEST:
        raise NotFound("There is nothing of that number.")
    return number


async def _picture(request: Request, history: History, _: str) -> Response:
    picture = await to_thread.run_sync(Board(history.database).picture, _number(request))
    if picture.media_type not in _PICTURES:
        raise NotFound("That is no picture.")
    headers = {**HEADERS, "Cache-Control": "private, max-age=86400", "Content-Security-Policy": "sandbox"}
    return Response(picture.data, media_type=picture.media_type, headers=headers)


async def _decide(request: Request, history: History, who: str) -> Response:
    decision = await _body(request, _Decision)
    text = decision.text if decision.decision == "correct" else None
    decide = Reviews(history.database).decide
    review = await to_thread.run_sync(decide, _number(request), who, text)
    return JSONResponse({"state": review.state}, headers=HEADERS)


async def _teach(request: Request, history: History, _: str) -> Response:
    teaching = await _body(request, _Teaching)
    meanings = STATUSES if teaching.kind == "status" else [field.value for field in Column]
    if teaching.meaning and teaching.meaning not in meanings:
        raise InvalidInput(f"meaning is one of {', '.join(meanings)}, or empty.")
    board = Board(history.database)
    await to_thread.run_sync(board.teach, teaching.console, teaching.kind, teaching.word, teaching.meaning)
    return JSONResponse({}, headers=HEADERS)

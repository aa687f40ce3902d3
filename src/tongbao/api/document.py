"""The OpenAPI document: what Litestar knows of the routes, and what all of them have in common."""

import inspect
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import msgspec
from litestar import Litestar, Request, Response, Router
from litestar.enums import MediaType, OpenAPIMediaType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import Components, License, SecurityScheme
from litestar.response import Stream
from litestar.types import Method

from tongbao.api import calls, examples, pages, versions
from tongbao.api.caller import OPEN
from tongbao.api.problems import CONTENT_TYPE
from tongbao.api.schemas import REF, Schemas
from tongbao.api.wire import Problem

PATH: Final = "/v1/docs"
FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "/openapi.json"
_BYTES: Final = "application/octet-stream"
_ABOUT: Final = """\
The clearing house for loyalty points, for tills, apps and partners.

Amounts are whole numbers with their unit: 8000 `PTS` are 80 points, 20000 `CNY` are 200 yuan.
Ids are texts; among the facts of a refusal and in the data of events they are whole numbers, of up
to 63 bits. Times are RFC 3339. Every POST has an `Idempotency-Key` and may be repeated: it is done
once and answered the same. Refusals are problems (RFC 9457) with a code that never changes.
Lists come in pages; pass `next` as `cursor`. What belongs to somebody else answers 404.
`RateLimit` says how many requests are left, of how many in a minute `RateLimit-Policy`.
"""
_STATUSES: Final = {
    400: "The request makes no sense as it stands; nothing is remembered of it.",
    401: "No key, or none that is valid.",
    403: "The key does not allow this.",
    404: "What the request names does not exist, or not for this caller.",
    408: "The body did not arrive in time.",
    409: "It contradicts something recorded, or its key is being worked on.",
    412: "It has changed since it was seen.",
    413: "The body is too large.",
    415: "The body is not plain JSON.",
    422: "Understood and refused; the same key gets the same answer. Or the key was used before.",
    428: "The header If-Match is missing.",
    429: "Too many requests; Retry-After says when to go on.",
    500: "Our mistake; ask again with the same key.",
    503: "Not now; ask again with the same key.",
}
_DONE: Final = {
    200: "As it is now.",
    201: "Done; or done before, and answered again.",
    202: "Taken: the worker does it, and what became of it is read.",
}
_MODULE: Final = re.compile(r"tongbao\.api\.(?:wire_?)?(\w*)\.(?=[A-Z])")
"""What stands before the name of one of two structs that are called the same: the module's name is
put there as a word."""
_OPTIONAL: Final = (versions.HEADER, "X-Request-Id")
_ALWAYS: Final = (400, 429, 500, 503)
_GUARDED: Final = (401, 403)
_WRITING: Final = (404, 408, 409, 413, 415, 422)


class Shown(OpenAPIRenderPlugin):
    """Serve the document, as ``write`` writes it."""

    def __init__(
        self, path: str, media_type: MediaType | OpenAPIMediaType, write: Callable[[Any], bytes]
    ) -> None:
        super().__init__(path=path, media_type=media_type)
        self._write = write

    def render(
        self,
        request: Request[Any, Any, Any],
        openapi_schema: dict[str, Any],  # noqa: ARG002 - what Litestar alone knows
    ) -> bytes:
        """Give it."""
        return self._write(of(request.app))


def config() -> OpenAPIConfig:
    """Give what Litestar needs to know to make the document and to serve it."""
    key = SecurityScheme(
        type="http",
        scheme="bearer",
        description="An API key, `tbk_…`, of an organisation; or a token, `tbt_…`, got with one.",
    )
    return OpenAPIConfig(
        title="Tongbao",
        version=versions.CURRENT,
        description=_ABOUT,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        components=Components(security_schemes={"key": key}),
        use_handler_docstrings=True,
        operation_id_creator=_operation_id,
        render_plugins=[
            Shown("/", MediaType.HTML, lambda document: pages.reference(document).encode()),
            Shown(_JSON, OpenAPIMediaType.OPENAPI_JSON, msgspec.json.encode),
            Shown("/refusals", MediaType.HTML, lambda _: pages.refusals().encode()),
        ],
        openapi_router=Router(PATH, route_handlers=[], include_in_schema=False, opt=OPEN),
    )


def of(app: Litestar) -> dict[str, Any]:
    """Give the document of an application, made once."""
    made: dict[str, Any] | None = app.state.get("document")
    if made is None:
        made = app.state.document = _complete(app)
    return made


def statuses(handler: HTTPRouteHandler, method: str, path: str) -> list[int]:
    """Give the statuses with which a route may refuse."""
    found = {*_ALWAYS, *handler.opt.get("refuses", ())}
    if "scope" in handler.opt:
        found.update(_GUARDED)
    if "{" in path:
        found.add(404)
    if method != "get":
        found.update(_WRITING)
    return sorted(found)


def _operation_id(
    handler: HTTPRouteHandler,
    method: Method,  # noqa: ARG001 - a function serves one method
    path: list[Any],  # noqa: ARG001 - at one path
) -> str:
    group = handler.fn.__module__.rpartition(".")[2]
    return f"{group}_{handler.fn.__name__}"


def _complete(app: Litestar) -> dict[str, Any]:
    made: dict[str, Any] = msgspec.json.decode(
        msgspec.json.encode(app.openapi_schema.to_schema(), enc_hook=str)
    )
    handlers = {
        _operation_id(handler, "GET", []): handler
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if isinstance(handler, HTTPRouteHandler) and handler.resolve_include_in_schema()
    }
    tags: dict[str, str] = {}
    errors = [handler.opt.get("errors") for handler in handlers.values()]
    travels = [*map(_body, handlers.values()), *map(_answer, handlers.values())]
    schemas = Schemas([*travels, *errors, Problem])
    for path, item in made["paths"].items():
        for method, operation in item.items():
            handler = handlers[operation["operationId"]]
            _describe(operation, handler, method, path)
            _show(operation, handler, schemas)
            _name_group(operation, handler, tags)
    made["tags"] = [{"name": name, "description": said} for name, said in sorted(tags.items())]
    made["components"] |= {
        "schemas": schemas.components,
        "responses": {_refusal(status): _problem(status) for status in _STATUSES},
        "parameters": _headers(),
    }
    # Docstrings write code as Sphinx does, the document as Markdown.
    text = msgspec.json.encode(made).decode().replace("``", "`")
    text = _MODULE.sub(lambda found: found[1].title().replace("_", ""), text)
    whole: dict[str, Any] = msgspec.json.decode(text)
    return whole


def _body(handler: HTTPRouteHandler) -> Any:
    """Give the type of a route's body, or of its form; none: it has no body."""
    if "form" in handler.opt:
        return handler.opt["form"]
    data = handler.parsed_fn_signature.parameters.get("data")
    return None if data is None else data.annotation


def _answer(handler: HTTPRouteHandler) -> Any:
    """Give the type of what a route answers; none: a file."""
    returned = handler.parsed_fn_signature.return_type
    if returned.is_subclass_of(Stream):
        return None
    if returned.is_subclass_of(Response):
        return returned.inner_types[0].annotation
    return returned.annotation


def _show(operation: dict[str, Any], handler: HTTPRouteHandler, schemas: Schemas) -> None:
    """Put the schemas of body and answer into an operation, and its example."""
    body = _body(handler)
    if body is not None:
        schema = schemas.of(body)
        given = handler.opt.get("example")
        shown = {"schema": schema, "example": given or examples.of(schema, schemas.components)}
        kind = FORM if "form" in handler.opt else "application/json"
        operation.setdefault("requestBody", {"required": True})["content"] = {kind: shown}
    if handler.opt.get("upload"):
        operation["requestBody"] = {"required": True, "content": {_BYTES: {}}}
    for status, said in operation["responses"].items():
        for content in said.get("content", {}).values():
            content["schema"] = {} if _answer(handler) is None else schemas.of(_answer(handler))
            said["description"] = _DONE.get(int(status), said["description"])
    if "errors" in handler.opt:
        for status in (400, 401):  # said in the words of another standard
            content = {"application/json": {"schema": schemas.of(handler.opt["errors"])}}
            content |= _problem(status)["content"]
            operation["responses"][str(status)] = _problem(status) | {"content": content}


def _describe(operation: dict[str, Any], handler: HTTPRouteHandler, method: str, path: str) -> None:
    summary, _, more = inspect.cleandoc(handler.fn.__doc__ or "").partition("\n")
    operation["summary"] = summary.rstrip(".")
    operation["description"] = more.strip() or summary
    parameters = operation.setdefault("parameters", [])
    writes = method == "post" and "scope" in handler.opt and not handler.opt.get("reads")
    names = [calls.HEADER] if writes else []
    if 412 in handler.opt.get("refuses", ()):
        names.append("If-Match")
    parameters += [{"$ref": REF.format("parameters", name)} for name in (*names, *_OPTIONAL)]
    own = {status: said for status, said in operation["responses"].items() if status < "4"}
    refusals = {
        str(status): {"$ref": REF.format("responses", _refusal(status))}
        for status in statuses(handler, method, path)
    }
    operation["responses"] = own | refusals
    operation["security"] = [{"key": []}] if "scope" in handler.opt else []
    if "scope" in handler.opt:
        operation["description"] += f"\n\nNeeds the scope `{handler.opt['scope']}`."


def _name_group(operation: dict[str, Any], handler: HTTPRouteHandler, tags: dict[str, str]) -> None:
    group = handler.fn.__module__.rpartition(".")[2]
    operation["tags"] = [group]
    said = handler.fn.__globals__.get("__doc__") or ""
    tags[group] = said.partition("\n")[0]


def _refusal(status: int) -> str:
    return HTTPStatus(status).phrase.replace(" ", "")


def _problem(status: int) -> dict[str, Any]:
    said: dict[str, Any] = {
        "description": _STATUSES[status],
        "content": {CONTENT_TYPE: {"schema": {"$ref": REF.format("schemas", "Problem")}}},
    }
    if status in (429, 503):
        seconds = {"description": "Seconds to wait.", "schema": {"type": "string"}}
        said["headers"] = {"Retry-After": seconds}
    return said


def _headers() -> dict[str, Any]:
    return {
        calls.HEADER: {
            "name": calls.HEADER,
            "in": "header",
            "required": True,
            "description": "Yours for this request: repeated with it, it is answered the same.",
            "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
            "example": "till-7-20261101-000123",
        },
        "If-Match": {
            "name": "If-Match",
            "in": "header",
            "required": True,
            "description": "The ETag of what was seen, or `*`.",
            "schema": {"type": "string"},
        },
        versions.HEADER: {
            "name": versions.HEADER,
            "in": "header",
            "required": False,
            "description": "The version of the interface that the caller was written for.",
            "schema": {"type": "string", "enum": list(versions.VERSIONS)},
        },
        "X-Request-Id": {
            "name": "X-Request-Id",
            "in": "header",
            "required": False,
            "description": "Said again in the answer and in our logs; ours if there is none.",
            "schema": {"type": "string"},
        },
    }

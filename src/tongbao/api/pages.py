"""Pages to read: the reference of the interface, and what may be refused. Nothing is loaded."""

import html
import json
from collections.abc import Iterator
from typing import Any, Final

from tongbao.api.problems import status_of
from tongbao.kernel.errors import REFUSALS

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #1c2430; background: #fff; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #d5dae1; }
h3 { margin: 1.5rem 0 .25rem; font-size: 1rem; }
code, pre { font: 13px/1.5 ui-monospace, monospace; background: #f4f6f8; border-radius: 4px; }
code { padding: .1em .3em; }
pre { padding: .75rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0;
  border-bottom: 1px solid #e7eaee; }
summary { cursor: pointer; }
.method { display: inline-block; min-width: 4rem; font-weight: 700; }
nav a { margin-right: 1rem; }
:target { background: #fff6d8; }
@media (prefers-color-scheme: dark) {
  body { color: #dde3ea; background: #12161b; }
  code, pre { background: #1d232a; }
  a { color: #8ab8ff; }
  td, th, h2 { border-color: #303842; }
  :target { background: #3a3214; }
}
"""


def reference(document: dict[str, Any]) -> str:
    """Write the OpenAPI document as a page."""
    info = document["info"]
    groups = {tag["name"]: tag["description"] for tag in document["tags"]}
    parts = [
        f"<h1>{_text(info['title'])} {_text(info['version'])}</h1>",
        *(f"<p>{_prose(part)}</p>" for part in info["description"].split("\n\n")),
        '<nav><a href="docs/openapi.json">openapi.json</a><a href="docs/refusals">refusals</a>',
        *(f'<a href="#{_text(name)}">{_text(name)}</a>' for name in groups),
        "</nav>",
    ]
    for name, said in groups.items():
        parts.append(f'<h2 id="{_text(name)}">{_text(name)}</h2><p>{_prose(said)}</p>')
        for path, item in document["paths"].items():
            for method in _METHODS:
                if name in item.get(method, {}).get("tags", ()):
                    parts += _operation(document, method, path, item[method])
    parts.append("<h2 id='schemas'>schemas</h2>")
    for name, schema in sorted(document["components"]["schemas"].items()):
        parts.append(f'<h3 id="schema-{_text(name)}">{_text(name)}</h3>')
        parts.append(f"<p>{_prose(schema.get('description', ''))}</p>")
        parts.append(_details("JSON Schema", schema))
    return _page(info["title"], parts)


def refusals() -> str:
    """Write every code that may be refused, with its status and its sentence, as a page."""
    parts = [
        "<h1>Refusals</h1>",
        "<p>A code never changes its meaning. What stands in braces is one of the facts.</p>",
        "<table><tr><th>code</th><th>status</th><th>sentence</th></tr>",
    ]
    for code, kind in sorted(REFUSALS.items()):
        parts.append(
            f'<tr id="{_text(code)}"><td><code>{_text(code)}</code></td>'
            f"<td>{status_of(code, kind)}</td><td>{_text(kind.text)}</td></tr>"
        )
    return _page("Refusals", [*parts, "</table>"])


def _operation(
    document: dict[str, Any], method: str, path: str, operation: dict[str, Any]
) -> Iterator[str]:
    name = _text(operation["operationId"])
    yield f'<h3 id="{name}"><span class="method">{method.upper()}</span>'
    yield f"<code>{_text(path)}</code></h3>"
    for part in operation["description"].split("\n\n"):
        yield f"<p>{_prose(part)}</p>"
    yield "<table>"
    for said in operation["parameters"]:
        parameter = _resolve(document, said)
        needed = ", required" if parameter.get("required") else ""
        yield f"<tr><td><code>{_text(parameter['name'])}</code> in {parameter['in']}{needed}</td>"
        yield f"<td>{_prose(parameter.get('description', ''))}</td></tr>"
    for status, said in operation["responses"].items():
        answer = _resolve(document, said)
        yield f"<tr><td>{status} {_schema(answer)}</td>"
        yield f"<td>{_prose(answer.get('description', ''))}</td></tr>"
    yield "</table>"
    body = operation.get("requestBody")
    if body is not None:
        yield f"<p>Body: {_schema(body)}</p>"
        for content in body["content"].values():
            if "example" in content:
                yield _details("Example", content["example"])


def _resolve(document: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    reference = said.get("$ref")
    if reference is None:
        return said
    found = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def _schema(answer: dict[str, Any]) -> str:
    names = [
        content["schema"]["$ref"].rpartition("/")[2]
        for content in answer.get("content", {}).values()
        if "$ref" in content.get("schema", {})
    ]
    return " ".join(f'<a href="#schema-{_text(name)}">{_text(name)}</a>' for name in names)


def _details(title: str, shown: object) -> str:
    text = _text(json.dumps(shown, indent=2, ensure_ascii=False))
    return f"<details><summary>{title}</summary><pre>{text}</pre></details>"


def _prose(text: str) -> str:
    """Write a text of ours, whose code stands between backticks."""
    parts = _text(text).replace("``", "`").split("`")
    return "".join(f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts))


def _text(text: str) -> str:
    return html.escape(str(text))


def _page(title: str, parts: list[str]) -> str:
    head = f"<meta charset='utf-8'><title>{_text(title)}</title><style>{_STYLE}</style>"
    size = "<meta name='viewport' content='width=device-width, initial-scale=1'>"
    return f"<!DOCTYPE html><html lang='en'><head>{head}{size}</head><body>{''.join(parts)}</body>"

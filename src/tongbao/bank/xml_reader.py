"""XML from outside, read piece by piece: no entities, no outside references, bounded memory.

Expat of the standard library is given 64 KiB at a time. A document type declaration is refused
where it begins, so that there are no entities to expand and nothing to fetch. What the caller does
not name as a container is cut out as one small tree and given when it ends, so that memory is that
of the largest such piece, which is bounded, too.
"""

import codecs
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import IO, Any, Final
from xml.parsers import expat

from msgspec import Struct, field

from tongbao.bank.refusals import BankFileMalformed, BankFileUnknown, BankFileUnsafe
from tongbao.kernel import limits, texts

PIECE: Final = 1 << 16
_DEPTH: Final = 40
_NODES: Final = 5_000
_TEXT: Final = 1 << 14
_TAG: Final = 200
_ATTRIBUTES: Final = 40

# Chinese banks write these, and expat does not know encodings of more than one byte.
_CHINESE: Final = re.compile(
    rb"""\s*<\?xml[^>]{0,80}encoding=["'](?:gbk|gb2312|gb18030)["']""", re.IGNORECASE
)


class Node(Struct, gc=False):
    """An element: its tag (without the namespace of the message), text, currency, children."""

    tag: str
    line: int
    currency: str | None = None
    text: str = ""
    children: "list[Node]" = field(default_factory=list)

    def find(self, path: str) -> "Node | None":
        """Give the first element at a path such as ``Refs/EndToEndId``."""
        node = self
        for tag in path.split("/"):
            for child in node.children:
                if child.tag == tag:
                    node = child
                    break
            else:
                return None
        return node

    def get(self, path: str) -> str | None:
        """Give the text of the first element at a path; None when it is not there or empty."""
        node = self.find(path)
        return (node.text.strip() or None) if node is not None else None

    def all(self, tag: str) -> "list[Node]":
        """Give the children with a tag."""
        return [child for child in self.children if child.tag == tag]


Event = tuple[str, Node | None]
"""The start of a container (``Ntry``, None), a piece of one (``Ntry/Amt``, the node), or the end of
a container (``/Ntry``, None)."""


def read(
    file: IO[bytes], messages: Collection[str], containers: Mapping[str, Sequence[str]]
) -> Iterator[Event]:
    """Read the message in ``file``; the first event is its name, such as ``camt.053.001.08``.

    ``messages`` are the names that are known, ``containers`` the tags whose children come one by
    one, each with the tags that it may be inside. Refuses ``bank-file-malformed``,
    ``bank-file-unsafe`` and ``bank-file-unknown``.
    """
    first = file.read(PIECE)
    chinese = _CHINESE.match(first)
    decode = codecs.getincrementaldecoder("gb18030")() if chinese else None
    parser = expat.ParserCreate("utf-8" if chinese else None, namespace_separator=" ")
    reader = _Reader(parser, messages, containers)
    piece = first
    while True:
        final = not piece
        try:
            data = decode.decode(piece, final).encode() if decode else piece
            parser.Parse(data, final)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise BankFileMalformed(line=error.lineno, reason=reason) from error
        except (UnicodeError, ValueError, LookupError) as error:
            raise BankFileMalformed(
                line=parser.CurrentLineNumber, reason="the encoding does not fit the bytes"
            ) from error
        yield from reader.events
        reader.events.clear()
        if final:
            return
        piece = file.read(PIECE)


class _Reader:
    """Turns what expat finds into events; keeps the way to where it is, and one piece."""

    def __init__(
        self, parser: Any, messages: Collection[str], containers: Mapping[str, Sequence[str]]
    ) -> None:
        self.events: list[Event] = []
        self.parser = parser
        self.messages = messages
        self.containers = containers
        self.namespace = ""
        self.depth = 0
        self.way: list[str] = []
        self.open: list[Node] = []
        self.nodes = 0
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        parser.StartDoctypeDeclHandler = self.doctype
        parser.EntityDeclHandler = self.doctype

    def doctype(self, *_: object) -> None:
        raise BankFileUnsafe(line=self.parser.CurrentLineNumber)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if len(name) > _TAG or self.depth > _DEPTH or len(attributes) > _ATTRIBUTES:
            self.refuse("elements are nested too deeply, or named too long")
        if self.depth == 1:
            self.root(name)
            return
        tag = name.removeprefix(self.namespace)
        if not self.open:
            if self.way[-1] in self.containers.get(tag, ()):
                self.way.append(tag)
                self.events.append((tag, None))
                return
            self.nodes = 0
        self.nodes += 1
        if self.nodes > _NODES:
            self.refuse(f"an entry has more than {_NODES} elements")
        node = Node(tag, self.parser.CurrentLineNumber, attributes.get("Ccy"))
        if self.open:
            self.open[-1].children.append(node)
        self.open.append(node)

    def end(self, _: str) -> None:
        self.depth -= 1
        if self.open:
            node = self.open.pop()
            if not self.open:
                self.events.append((f"{self.way[-1]}/{node.tag}", node))
        elif self.depth:
            self.events.append(("/" + self.way.pop(), None))

    def text(self, data: str) -> None:
        if not self.open:
            if data.strip():
                self.refuse("there is text where elements belong")
            return
        node = self.open[-1]
        if len(node.text) + len(data) > _TEXT:
            self.refuse(f"a text has more than {_TEXT} characters")
        node.text += data

    def root(self, name: str) -> None:
        namespace, _, tag = name.rpartition(" ")
        message = namespace.rpartition(":")[2]
        known = message in self.messages and namespace.endswith(":tech:xsd:" + message)
        if tag != "Document" or not known:
            raise BankFileUnknown(
                found=texts.shown(namespace or tag), known=", ".join(sorted(self.messages))
            )
        self.namespace = namespace + " "
        self.way.append(tag)
        self.events.append((message, None))

    def refuse(self, reason: str) -> None:
        raise BankFileMalformed(line=self.parser.CurrentLineNumber, reason=reason)


def require(node: Node, path: str, most: int = limits.CODE) -> str:
    """Give the text at a path of a piece; refuses ``bank-file-malformed`` when it is not there."""
    found = node.get(path)
    if found is None:
        raise BankFileMalformed(line=node.line, reason=f"{node.tag} has no {path}")
    if len(found) > most:
        raise BankFileMalformed(line=node.line, reason=f"{path} is longer than {most} characters")
    return found

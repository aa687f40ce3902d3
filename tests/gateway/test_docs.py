import contextlib
import io
import re
from pathlib import Path

from tests.gateway.conftest import Served
from tests.shape.files import DOCS, import_everything
from tongbao.gateway import codes, texts
from tongbao.kernel.errors import REFUSALS

HOW_TO = DOCS / "howto" / "connect-an-iso8583-till.md"
REFERENCE = DOCS / "reference" / "iso8583.md"


def blocks(page: Path, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_the_till_of_the_how_to_does_what_it_says(served: Served) -> None:
    (program,) = blocks(HOW_TO, "python")
    program = program.replace("8583), timeout", f"{served.port}), timeout")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(program.replace("tbk_…", served.tokens["A"]), {})
    assert said.getvalue().startswith("sign-on 00\nsale 00 ")
    assert f"\n```\n{said.getvalue()}```\n" in HOW_TO.read_text("utf-8")


def test_the_table_of_response_codes_is_the_one_that_is_used() -> None:
    rows = re.findall(r"^\| `(\d\d)` \| (`.*`) \|$", REFERENCE.read_text("utf-8"), re.MULTILINE)
    documented = {name: code for code, names in rows for name in re.findall(r"`(.*?)`", names)}
    assert documented == codes.TABLE


def test_the_table_of_texts_is_the_one_that_is_used() -> None:
    rows = re.findall(
        r"^\| `(\d\d)` \| ([^|`]*) \| ([^|`]*) \|$", REFERENCE.read_text("utf-8"), re.MULTILINE
    )
    assert {code: {"zh": zh, "en": en} for code, zh, en in rows} == texts.TEXTS


def test_every_refusal_of_the_table_exists() -> None:
    import_everything()
    assert codes.TABLE.keys() - REFUSALS.keys() == set()

"""The official schemas, which are not part of the repository: TONGBAO_REAL_DATA says where."""

import os
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("TONGBAO_REAL_DATA", ROOT.parent / "shared" / "data"))
FOLDER = DATA / "iso20022"


@cache
def _schema(message: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(FOLDER / f"{message}.xsd")))


def check_valid(path: Path) -> str:
    """Fail unless a file is valid against the schema of its message; give the message."""
    if not FOLDER.is_dir():
        pytest.skip(f"the official schemas are not in {FOLDER}")
    document = etree.parse(str(path))
    message = str(etree.QName(document.getroot()).namespace).rpartition(":")[2]
    schema = _schema(message)
    assert schema.validate(document), f"{path.name}: {schema.error_log}"
    return message

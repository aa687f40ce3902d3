import pytest

from tongbao.alliance import formats, mcc
from tongbao.alliance.types import Format
from tongbao.kernel import texts
from tongbao.kernel.db import Connection


def test_a_format_is_found_by_its_code(db: Connection) -> None:
    film = formats.add(db, "film", "电影院", "7832")
    assert film == Format(code="film", name="电影院", mcc="7832")
    assert formats.find(db, "film") == film


def test_a_code_is_given_once(db: Connection, film: Format) -> None:
    with pytest.raises(formats.FormatCodeTaken):
        formats.add(db, film.code, "Another", "7011")


def test_what_makes_no_sense_is_refused(db: Connection) -> None:
    with pytest.raises(texts.CodeMalformed):
        formats.add(db, "电影", "Cinema", "7832")
    with pytest.raises(texts.TextMalformed):
        formats.add(db, "film", "", "7832")
    with pytest.raises(mcc.MccUnknown):
        formats.add(db, "film", "Cinema", "0001")


def test_an_unknown_code_is_not_found(db: Connection) -> None:
    with pytest.raises(formats.FormatNotFound):
        formats.find(db, "film")

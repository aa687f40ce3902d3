"""Every setting is documented, and everything documented is a setting."""

from tests.shape.files import DOCS, table_rows
from tongbao.kernel import settings

PAGE = DOCS / "reference" / "settings.md"


def test_every_setting_is_in_the_reference_and_the_other_way_round() -> None:
    documented = [row[0].strip("`") for row in table_rows(PAGE)]
    known = [settings.variable(name) for name in settings.Settings.__struct_fields__]
    assert sorted(documented) == sorted(known)


def test_every_setting_says_what_it_is_for() -> None:
    known = {settings.variable(name) for name in settings.Settings.__struct_fields__}
    assert settings.descriptions().keys() == known

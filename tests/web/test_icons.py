"""Every icon that a template names is in the sprite, also where one of two is chosen."""

import re

from tests.shape.files import ROOT

WEB = ROOT / "src" / "tongbao" / "web"


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    (sprite,) = (WEB / "static").glob("icons-*.svg")
    there = set(re.findall(r'<symbol id="([a-z0-9-]+)"', sprite.read_text("utf-8")))
    named = {
        (template.name, name)
        for template in sorted((WEB / "templates").rglob("*.html"))
        for called in re.findall(r"\bicon\(([^()]*)", template.read_text("utf-8"))
        for name in re.findall(r"(?<!== )[\"']([a-z0-9-]+)[\"']", called)
    }
    assert len(named) > 50
    assert {one for one in named if one[1] not in there} == set()

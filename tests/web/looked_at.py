"""Every page that people look at: by whom, and where. Whoever adds a page adds it here."""

from msgspec import Struct

from tongbao.kernel.db import Connection


class Look(Struct, frozen=True):
    """A page: its path, and who looks at it in the demo (nobody: without signing in).

    ``ids`` is a query that gives what stands for ``{id}`` in the path.
    """

    path: str
    login: str | None = "admin"
    ids: str | None = None


LOOKS: tuple[Look, ...] = (
    Look("/sign-in", None),
    Look("/nowhere", None),
    Look("/account"),
    Look("/operator"),
    Look("/operator/organisations"),
    Look("/operator/organisations/new"),
)


def paths(conn: Connection, look: Look) -> list[str]:
    """Give the paths of a page, for what there is in the database."""
    if look.ids is None:
        return [look.path]
    return [look.path.format(id=i) for (i,) in conn.execute(look.ids.encode()).fetchall()]

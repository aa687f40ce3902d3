"""The pages of the demo: who signs in to them, and where they are."""

import sys
from typing import Final

from tongbao.cli import output
from tongbao.cli.serve import complain
from tongbao.kernel.settings import Settings
from tongbao.sandbox import alliance, people

HOST: Final = "127.0.0.1"


def sign_ins() -> None:
    """Print who signs in, by role."""
    output.line(f"Who signs in to its pages, each with the password {people.PASSWORD}:")
    for role in ("admin", "settlement", "auditor", "marketer", "manager", "finance", "cashier"):
        logins = ", ".join(person.login for person in people.PEOPLE if person.role == role)
        output.line(f"  {role.ljust(10)} {logins}")
    output.line(f"  member     {alliance.PHONE}, by a code that the service prints")


def serve(settings: Settings, port: int) -> None:
    """Serve the pages of a sandbox until Ctrl-C, and print where they are."""
    from tongbao.serving import host as service

    def tell(url: str, _: int | None) -> None:
        output.line()
        output.line("Its pages are served until Ctrl-C:")
        for what, path in (
            ("staff and merchants", "/"),
            ("cashiers", "/till"),
            ("members", "/m"),
            ("engineers", "/v1/docs"),
        ):
            output.line(f"  {what.ljust(20)} {url}{path}")
        sys.stdout.flush()

    service.serve(settings, service.Plan(host=HOST, port=port), tell, complain)

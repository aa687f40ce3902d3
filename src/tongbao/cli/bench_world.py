"""The made-up alliance that benchmarks of posting work in."""

from datetime import datetime

from tongbao.cli import output
from tongbao.cli.sandboxed import Sandbox
from tongbao.sandbox import alliance, load, traffic
from tongbao.sandbox.traffic import World


def found(
    sandbox: Sandbox,
    organisations: int,
    members: int,
    seed: int,
    *,
    quiet: bool,
    at: datetime = load.FIRST,
) -> World:
    """Found a plain alliance in a sandbox and open its members' wallets; give its world."""
    secret = sandbox.settings.identity_secret
    with sandbox.begin() as conn:
        world = alliance.found_plain(conn, traffic.seeded(seed), organisations, members, at, secret)
    with output.progress("opening wallets", members, quiet=quiet) as advance:
        load.open_wallets(sandbox.begin, world, advance, at)
    sandbox.conn.execute("ANALYZE")
    return world

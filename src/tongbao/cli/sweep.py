"""``tongbao sweep``: post what time has made due, and seal the journal."""

import typer
from msgspec.structs import asdict

from tongbao.cli import output, session
from tongbao.kernel import clock
from tongbao.points.check import Rules
from tongbao.teller.sweep import sweep_and_seal

app = typer.Typer(add_completion=False)


@app.command()
def sweep(as_json: output.Json = False) -> None:
    """End holds past their time, release awards, end lots past their date; then seal.

    Takes what is due when it begins. It may be stopped and run again at any time, also twice at
    once: nothing is ended or released a second time.
    """
    with session.open_session() as opened, output.progress("sweeping", None, quiet=as_json) as on:
        rules = Rules(zone=opened.settings.time_zone)
        swept = sweep_and_seal(opened.conn, rules, clock.now, on)
    if as_json:
        output.json(asdict(swept))
        return
    posted = swept.posted
    output.line(
        f"{posted['expire_hold']:,} holds ended, {posted['release_pending']:,} awards released, "
        f"lots of {posted['expire_lots']:,} members ended; {swept.sealed:,} batches sealed"
    )
    for code, count in sorted(swept.refused.items()):
        output.line(f"{count:,} refused: {code}")
    for name, count in sorted(swept.failed.items()):
        output.line(f"{count:,} not posted, and still due: {name}")

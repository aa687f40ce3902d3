"""The command line: a door to Tongbao for people and scripts.

Owns: the commands, what they print, their exit codes (0 done, 1 ``verify`` found a broken law,
2 refused), the session in which a command works.
Promises: everything that prints can print JSON; a refusal is one line on standard error; progress
bars only on a terminal; ``tongbao --help`` imports no command.
Never: decides anything about points; ends a process it did not start.

To add a command ``close-window``: write ``cli/close_window.py`` with a typer app named ``app`` that
has one ``@app.command()`` (for a group such as ``import sales`` add an ``@app.callback()``), and
add one line to ``COMMANDS`` below. In the command, ``with session.open_session() as session:``
gives settings, a connection to the migrated database and the time; ``output`` prints.
"""

import signal
import sys
from importlib import import_module, metadata
from typing import Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from tongbao.cli import output
from tongbao.kernel.errors import Refusal


class Command(NamedTuple):
    """Where a command lives and what ``--help`` says of it."""

    module: str
    help: str


COMMANDS: Final = {
    "demo": Command("demo", "Build a made-up alliance and show what happened in its month."),
    "migrate": Command("migrate", "Bring the database to this program's version."),
    "import": Command("import_sales", "Import the sales that merchants have on file."),
    "organisation": Command("organisations", "Register organisations; say which may issue."),
    "application": Command("application", "Decide upon those who want to join."),
    "staff": Command("staff", "Say who signs in, for whom and in which role."),
    "contract": Command("contract", "Sign terms, and see what was agreed to."),
    "collateral": Command("collateral", "Book deposits and withdrawals, by two people."),
    "block": Command("block", "Book blocks that are paid in advance, by two people."),
    "exposure": Command("exposure", "See who stands how against limits and blocks."),
    "calendar": Command("calendar", "See working days, and record announced ones."),
    "clearing": Command("clearing", "Close windows and see who owes whom."),
    "settlement": Command("settlement", "Pay who is owed and collect from who owes."),
    "statement": Command("statement", "Show and write what organisations are told of a period."),
    "default": Command("default", "Declare who cannot pay, and see who bears it."),
    "guarantee": Command("guarantee", "Run the guarantee fund, and set who bears how much."),
    "runoff": Command("runoff", "Simulate that the operator fails."),
    "liability": Command("liability", "Say what is owed for points, and what was earned by them."),
    "gl": Command("gl", "Export the general ledger for bookkeeping elsewhere."),
    "reconcile": Command("reconcile", "Compare what tills say of a day with the ledger."),
    "dispute": Command("dispute", "Settle what organisations disagree about."),
    "proposals": Command("proposals", "List what one person has proposed and another may decide."),
    "exceptions": Command("exceptions", "Work on what could not be posted, matched or paid."),
    "bank": Command("bank", "Write payment files, and book what the bank says it has paid."),
    "keys": Command("keys", "Make, replace and end the keys of the HTTP API."),
    "risk": Command("risk", "Limit what may happen how often; look at what deserves a look."),
    "sandbox": Command("sandbox", "Play the bank, for sandboxes that have none."),
    "sweep": Command("sweep", "Post what time has made due, and seal the journal."),
    "serve": Command("serve", "Serve the API and run the jobs: everything in one command."),
    "webhook": Command("webhook", "Tell organisations of what concerns them."),
    "worker": Command("worker", "Run on time what nobody should have to remember."),
    "simulate": Command("simulate", "Make load of any size in a database of its own."),
    "bench": Command("bench", "Measure posting, in a database of its own."),
    "show": Command("show", "Show a member, an organisation, an operation or an outlet."),
    "verify": Command("verify", "Verify the laws of the ledger; say what breaks one."),
    "doctor": Command("doctor", "Show versions, database, settings and what deserves attention."),
}


class LazyCommands(TyperGroup):
    """List the commands without importing them; import the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's signature
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - typer's signature
        command = COMMANDS.get(cmd_name)
        return command and TyperCommand(cmd_name, help=command.help)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        command = COMMANDS.get(args[0])
        if command is None:
            return super().resolve_command(ctx, args)  # says what is unknown
        module = import_module(f"tongbao.cli.{command.module}")
        return args[0], typer.main.get_command(module.app), args[1:]


app: Final = typer.Typer(
    cls=LazyCommands, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None
)


def _show_version(wanted: bool) -> None:
    if wanted:
        output.line(metadata.version("tongbao"))
        raise typer.Exit


@app.callback()
def tongbao(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and end.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Run the clearing house for loyalty points."""


def main() -> None:
    """Run the command that the arguments name; a refusal ends it with exit code 2."""
    # The default would end the process without stopping the embedded server.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        app(prog_name="tongbao")
    except Refusal as refusal:
        output.refuse(refusal, as_json="--json" in sys.argv)
        sys.exit(2)

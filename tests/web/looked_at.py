"""Every page that people look at: by whom, and where. Whoever adds a page adds it here."""

from msgspec import Struct

from tongbao.kernel.db import Connection


class Look(Struct, frozen=True):
    """A page: its path, and who looks at it in the demo (nobody: without signing in).

    ``ids`` is a query that gives what stands for ``{id}`` in the path. ``member``: the member who
    has points of the most lots looks at it.
    """

    path: str
    login: str | None = "admin"
    ids: str | None = None
    member: bool = False


# Those of which there is most to see.
_LARGEST = """
    SELECT owner_id FROM ledger.account WHERE kind = 'issued' ORDER BY balance, owner_id LIMIT 1
"""
MEMBER = """
    SELECT owner_id FROM ledger.lot WHERE open
    GROUP BY owner_id ORDER BY count(*) DESC, owner_id LIMIT 1
"""
_OPERATION = """
    SELECT id FROM ledger.operation
    WHERE kind = 'purchase' AND points > 0 ORDER BY points DESC, id LIMIT 1
"""
_WINDOW = "SELECT max(id) FROM ledger.clearing_window WHERE closed_at IS NOT NULL"
_PURCHASE = f"""
SELECT max(id) FROM ledger.operation
WHERE owner_id = ({MEMBER}) AND kind = 'purchase' AND points > 0
"""
_TILL = "/till/at/jinheng-ja"
_SALE = """
SELECT max(p.id) FROM ledger.operation AS p INNER JOIN alliance.outlet AS t ON p.outlet_id = t.id
WHERE t.code = 'jinheng-ja' AND p.kind = 'purchase' AND p.points > 0
"""
_OUTLET = "SELECT id FROM alliance.outlet WHERE code = 'jinheng-ja'"
_TERMINAL = f"SELECT min(id) FROM alliance.terminal WHERE outlet_id IN ({_OUTLET})"
_CLAIM = """
SELECT max(p.id) FROM ledger.operation AS p
INNER JOIN ledger.transfer AS t ON p.id = t.operation_id AND t.movement = 40
INNER JOIN alliance.organisation AS o ON t.from_owner = o.id
WHERE o.code = 'jinheng' AND p.organisation_id <> o.id
"""
_OTHER = """
SELECT c.issuer_id FROM ledger.claim AS c
INNER JOIN alliance.organisation AS o ON c.redeemer_id = o.id
WHERE o.code = 'jinheng' ORDER BY c.claimed DESC LIMIT 1
"""
_LEG = """
SELECT max(l.settlement_id) FROM clearing.leg AS l
INNER JOIN alliance.organisation AS o ON l.organisation_id = o.id WHERE o.code = 'jinheng'
"""
_LEGS = """
SELECT l.settlement_id || '/legs/' || l.organisation_id FROM clearing.leg AS l
ORDER BY l.settlement_id DESC, l.amount LIMIT 1
"""
_LINE = """
SELECT report_id || '-' || number FROM bank.line
ORDER BY state = 'open' DESC, report_id DESC, number LIMIT 1
"""
_DEMO = "(SELECT id FROM alliance.organisation WHERE code = 'jinheng')"
_MY_LINE = f"""
SELECT c.window_id || '/claim_due/' || c.issuer_id FROM ledger.claim AS c
WHERE c.redeemer_id = {_DEMO} AND c.issuer_id <> c.redeemer_id
ORDER BY c.claims DESC, c.window_id LIMIT 1
"""
_PAID = f"""
SELECT max(p.id) FROM ledger.operation AS p
WHERE p.kind = 'settlement' AND p.organisation_id = {_DEMO}
"""
_ITEM = f"SELECT max(id) FROM desk.exception_item WHERE organisation_id = {_DEMO}"
_WANTED = f"SELECT max(id) FROM reconcile.dispute WHERE creditor_id = {_DEMO}"
_ANSWERED = f"SELECT max(id) FROM reconcile.dispute WHERE debtor_id = {_DEMO}"
_DIFFERS = "SELECT max(id) FROM reconcile.reconciliation"
_KEY = f"SELECT min(id) FROM access.api_key WHERE organisation_id = {_DEMO}"
_HOOK = f"SELECT max(id) FROM webhooks.endpoint WHERE organisation_id = {_DEMO}"
# The secrets of the demo's applicants are no secrets.
_LINKS = """
SELECT 'tba_' || a.id || '_' || rpad('demo-' || row_number() OVER (ORDER BY a.id), 43, '0')
FROM joining.application AS a ORDER BY a.id LIMIT 4
"""
_PAIR = """
SELECT c.issuer_id || '/claims/' || c.redeemer_id FROM ledger.claim AS c
WHERE c.issuer_id <> c.redeemer_id ORDER BY c.claimed DESC LIMIT 1
"""
_CASHIER = "SELECT id FROM access.staff WHERE login = 'cashier'"

LOOKS: tuple[Look, ...] = (
    Look("/sign-in", None),
    Look("/nowhere", None),
    Look("/join", None),
    Look("/join/apply?province=310000", None),
    Look("/join/{id}", None, ids=_LINKS),
    Look("/account"),
    Look("/operator"),
    Look("/operator/organisations"),
    Look("/operator/organisations/new"),
    Look("/operator/organisations/{id}", ids=_LARGEST),
    Look("/operator/organisations/{id}", ids=_PAIR),
    Look("/operator/organisations/{id}/contract", ids=_LARGEST),
    Look("/operator/organisations/{id}/default", "audit", ids=_LARGEST),
    Look("/operator/organisations/{id}/operations", ids=_LARGEST),
    Look("/operator/organisations/{id}/offline", "audit", ids=_LARGEST),
    Look("/operator/organisations/{id}/allowances", "audit", ids=_LARGEST),
    Look("/operator/applications"),
    Look("/operator/applications/{id}", ids="SELECT max(id) FROM joining.application"),
    Look("/operator/members"),
    Look("/operator/members/{id}", ids=MEMBER),
    Look("/operator/operations"),
    Look("/operator/operations/{id}", ids=_OPERATION),
    Look("/operator/windows"),
    Look("/operator/windows/{id}", ids=_WINDOW),
    Look("/operator/settlements"),
    Look("/operator/settlements/{id}", ids="SELECT max(id) FROM clearing.settlement"),
    Look("/operator/settlements/{id}", ids=_LEGS),
    Look("/operator/settlements/{id}/money/moved", "settle", ids=_LEGS),
    Look("/operator/settlements/{id}/money/back", "settle", ids=_LEGS),
    Look("/operator/exceptions"),
    Look("/operator/exceptions/{id}", ids="SELECT max(id) FROM desk.exception_item"),
    Look("/operator/decisions"),
    Look("/operator/proposals"),
    Look("/operator/proposals/{id}", ids="SELECT max(id) FROM desk.proposal"),
    Look("/operator/organisations/{id}/propose/money", ids=_LARGEST),
    Look("/operator/organisations/{id}/propose/cap", ids=_LARGEST),
    Look("/operator/organisations/{id}/propose/account", ids=_LARGEST),
    Look("/operator/disputes"),
    Look("/operator/disputes/new"),
    Look("/operator/disputes/{id}", ids="SELECT max(id) FROM reconcile.dispute"),
    Look("/operator/fund"),
    Look("/operator/places"),
    Look("/operator/places?province=31"),
    Look("/operator/places/{id}", ids="SELECT min(id) FROM alliance.site"),
    Look("/operator/settings"),
    Look("/operator/roles"),
    Look("/operator/members/{id}/privacy", ids=MEMBER),
    Look("/operator/bank"),
    Look("/operator/bank/files"),
    Look("/operator/bank/lines"),
    Look("/operator/bank/lines/{id}", "settle", ids=_LINE),
    Look("/operator/bank/reports/{id}", ids="SELECT max(id) FROM bank.report"),
    Look("/operator/liability"),
    Look("/operator/liability/curves"),
    Look("/operator/staff"),
    Look("/operator/staff/new"),
    Look("/operator/staff/{id}", ids="SELECT max(id) FROM access.staff"),
    Look("/operator/audit"),
    Look("/operator/verifications"),
    Look("/operator/verifications/{id}", ids="SELECT max(id) FROM upkeep.verification"),
    Look("/merchant", "manager"),
    Look("/merchant/operations", "manager"),
    Look("/merchant/operations/{id}", "manager", ids=_SALE),
    Look("/merchant/operations/{id}", "finance", ids=_PAID),
    Look("/merchant/operations/{id}/dispute", "manager", ids=_SALE),
    Look("/merchant/claims/{id}", "manager", ids=_CLAIM),
    Look("/merchant/debt", "finance"),
    Look("/merchant/positions", "finance"),
    Look("/merchant/positions/{id}", "finance", ids=_WINDOW),
    Look("/merchant/positions/{id}", "finance", ids=_MY_LINE),
    Look("/merchant/counterparties", "finance"),
    Look("/merchant/counterparties/{id}", "finance", ids=_OTHER),
    Look("/merchant/settlements", "finance"),
    Look("/merchant/settlements/{id}", "finance", ids=_LEG),
    Look("/merchant/disputes", "manager"),
    Look("/merchant/disputes/new", "manager"),
    Look("/merchant/disputes/{id}", "finance", ids=_WANTED),
    Look("/merchant/disputes/{id}", "manager", ids=_ANSWERED),
    Look("/merchant/newcomers", "finance"),
    Look("/merchant/outlets", "manager"),
    Look("/merchant/outlets/new", "manager"),
    Look("/merchant/outlets/{id}", "manager", ids=_OUTLET),
    Look("/merchant/outlets/{id}/operations", "finance", ids=_OUTLET),
    Look("/merchant/terminals", "manager"),
    Look("/merchant/terminals/{id}", "manager", ids=_TERMINAL),
    Look("/merchant/allowances", "manager"),
    Look("/merchant/allowances/{id}", "manager", ids="SELECT max(id) FROM till.allowance"),
    Look("/merchant/offline", "finance"),
    Look("/merchant/staff", "manager"),
    Look("/merchant/staff/new", "manager"),
    Look("/merchant/staff/{id}", "manager", ids=_CASHIER),
    Look("/merchant/exceptions", "manager"),
    Look("/merchant/exceptions/{id}", "manager", ids=_ITEM),
    Look("/merchant/keys", "manager"),
    Look("/merchant/keys/new", "manager"),
    Look("/merchant/keys/{id}", "manager", ids=_KEY),
    Look("/merchant/webhooks", "manager"),
    Look("/merchant/webhooks/new", "manager"),
    Look("/merchant/webhooks/{id}", "manager", ids=_HOOK),
    Look("/merchant/statements", "finance"),
    Look("/merchant/statements/one?window={id}", "finance", ids=_WINDOW),
    Look("/merchant/reconciliations", "finance"),
    Look("/merchant/reconciliations/new", "finance"),
    Look("/merchant/reconciliations/{id}", "finance", ids=_DIFFERS),
    Look("/m/sign-in", None),
    Look("/m", None, member=True),
    Look("/m/points", None, member=True),
    Look("/m/pay", None, member=True),
    Look("/m/offline", None, member=True),
    Look("/m/history", None, member=True),
    Look("/m/history/{id}", None, ids=_PURCHASE, member=True),
    Look("/m/near", None, member=True),
    Look("/m/me", None, member=True),
    Look("/m/gift", None, member=True),
    Look("/m/safety", None, member=True),
    Look("/m/prove", None, member=True),
    Look("/m/privacy", None, member=True),
    Look("/m/privacy/erase", None, member=True),
    Look("/till", "manager"),
    Look(_TILL, "cashier"),
    Look(_TILL + "/holds", "cashier"),
    Look(_TILL + "/receipts", "cashier"),
    Look(_TILL + "/receipts/{id}", "cashier", ids=_SALE),
)


def paths(conn: Connection, look: Look) -> list[str]:
    """Give the paths of a page, for what there is in the database."""
    if look.ids is None:
        return [look.path]
    return [look.path.format(id=i) for (i,) in conn.execute(look.ids.encode()).fetchall() if i]

"""Faults to plant, one or more for each query of each law: what a law must catch.

Each is SQL run by the database's owner with triggers off, on a ledger in which every kind of
thing has happened; it spoils the newest row of its kind.
"""

from typing import NamedTuple

from tongbao.kernel.db import Connection


class Plant(NamedTuple):
    """One fault: what went wrong, the query that must say so, and how it is done."""

    wrong: str
    query: str
    done: str


def _operation(kind: str) -> str:
    return f"(SELECT max(id) FROM ledger.operation WHERE kind = '{kind}')"


def _transfer(movement: str) -> str:
    return f"""
    (owner_id, operation_id, n) = (
      SELECT t.owner_id, t.operation_id, t.n
      FROM ledger.transfer AS t
      INNER JOIN ledger.movement AS m ON t.movement = m.id AND m.name = '{movement}'
      ORDER BY t.operation_id DESC, t.n DESC
      LIMIT 1
    )"""


def _without(table: str, constraint: str) -> str:
    return f"ALTER TABLE ledger.{table} DROP CONSTRAINT {constraint};"


_HELD_LOT = "id = (SELECT max(id) FROM ledger.lot WHERE held > 0)"
_OPEN_LOT = "id = (SELECT max(id) FROM ledger.lot WHERE available > 0)"
_OPEN_HOLD = "id = (SELECT max(id) FROM ledger.hold WHERE remaining > 0)"

PLANTS = [
    Plant(
        "points out of nothing",
        "law_01_units_balance",
        "UPDATE ledger.account SET balance = balance + 1 WHERE kind = 'wallet'",
    ),
    Plant(
        "points in an account of money",
        "law_01_kinds_keep_their_unit",
        "UPDATE ledger.account SET unit = 'PTS' WHERE kind = 'fees'",
    ),
    Plant(
        "a balance changed without a transfer",
        "law_02_balances_equal_transfers",
        """
        UPDATE ledger.account SET balance = balance + CASE WHEN kind = 'fees' THEN 7 ELSE -7 END
        WHERE kind = 'fees' OR (kind = 'clearing' AND owner_id = 13)
        """,
    ),
    Plant(
        "an account that is gone",
        "law_02_balances_equal_transfers",
        "DELETE FROM ledger.account WHERE kind = 'collateral'",
    ),
    Plant(
        "a wallet overdrawn",
        "law_03_accounts_stay_above_their_floor",
        _without("account", "account_floor")
        + "UPDATE ledger.account SET balance = -1 WHERE kind = 'wallet'",
    ),
    Plant(
        "a lot overdrawn",
        "law_03_lots_stay_above_their_floor",
        _without("lot", "lot_floor") + f"UPDATE ledger.lot SET reserve = -1 WHERE {_OPEN_LOT}",
    ),
    Plant(
        "a lot of which more is left than the wallet has",
        "law_04_members_equal_their_lots",
        f"UPDATE ledger.lot SET available = available + 1 WHERE {_OPEN_LOT}",
    ),
    Plant(
        "a lot that changed its member",
        "law_04_members_equal_their_lots",
        f"UPDATE ledger.lot SET owner_id = 102 WHERE {_OPEN_LOT}",
    ),
    Plant(
        "a debt forgotten",
        "law_04_members_owe_what_is_listed",
        "UPDATE ledger.owing SET amount = 0",
    ),
    Plant(
        "a hold that vanished",
        "law_04_held_points_belong_to_a_hold",
        f"DELETE FROM ledger.hold WHERE {_OPEN_HOLD}",
    ),
    Plant(
        "held points that became free",
        "law_04_held_points_belong_to_a_hold",
        f"UPDATE ledger.lot SET held = 0, available = available + held WHERE {_HELD_LOT}",
    ),
    Plant(
        "a hold of which more is left than its lots hold",
        "law_04_holds_equal_their_slices",
        f"UPDATE ledger.hold SET remaining = remaining + 1 WHERE {_OPEN_HOLD}",
    ),
    Plant(
        "a lot that changed its issuer",
        "law_05_issued_equals_lots",
        f"UPDATE ledger.lot SET issuer_id = 12 WHERE {_OPEN_LOT} AND issuer_id <> 12",
    ),
    Plant(
        "a debt that its creditor does not know of",
        "law_05_owed_equals_debts",
        "UPDATE ledger.owing SET amount = amount + 1 WHERE amount > 0",
    ),
    Plant(
        "money set aside that nobody has",
        "law_05_reserve_equals_lots",
        "UPDATE ledger.lot SET reserve = reserve + 1 WHERE reserve > 0",
    ),
    Plant(
        "a claim lost",
        "law_06_claims_equal_transfers",
        "DELETE FROM ledger.claim WHERE issuer_id = 12",
    ),
    Plant(
        "a claim too high",
        "law_06_claims_equal_transfers",
        "UPDATE ledger.claim SET claimed = claimed + 1 WHERE issuer_id = 11",
    ),
    Plant(
        "a counterclaim not counted",
        "law_06_claims_equal_transfers",
        "UPDATE ledger.claim SET counterclaims = 0 WHERE issuer_id = 12",
    ),
    Plant(
        "a claim in another window",
        "law_06_claims_equal_transfers",
        "UPDATE ledger.claim SET window_id = window_id + 1 WHERE issuer_id = 11",
    ),
    Plant(
        "a transfer whose operation is gone",
        "law_07_transfers_fit_their_operation",
        f"DELETE FROM ledger.operation WHERE id = {_operation('gift')}",
    ),
    Plant(
        "a transfer of another owner",
        "law_07_transfers_fit_their_operation",
        f"UPDATE ledger.transfer SET owner_id = 102 WHERE {_transfer('gift')}",
    ),
    Plant(
        "a transfer back-dated",
        "law_07_transfers_fit_their_operation",
        f"""
        UPDATE ledger.transfer SET effective_at = effective_at - interval '1 microsecond'
        WHERE {_transfer("claim")}
        """,
    ),
    Plant(
        "a transfer in another window",
        "law_07_transfers_fit_their_operation",
        f"UPDATE ledger.transfer SET window_id = window_id + 1 WHERE {_transfer('award')}",
    ),
    Plant(
        "an unknown movement",
        "law_07_transfers_fit_their_operation",
        f"UPDATE ledger.transfer SET movement = 99 WHERE {_transfer('redeem')}",
    ),
    Plant(
        "points taken from no lot",
        "law_07_transfers_fit_their_operation",
        f"UPDATE ledger.transfer SET from_lot = NULL WHERE {_transfer('redeem')}",
    ),
    Plant(
        "points that come into no lot",
        "law_07_transfers_fit_their_operation",
        f"UPDATE ledger.transfer SET to_lot = NULL WHERE {_transfer('award')}",
    ),
    Plant(
        "a claim that names a lot",
        "law_07_transfers_fit_their_operation",
        f"UPDATE ledger.transfer SET from_lot = 1 WHERE {_transfer('claim')}",
    ),
    Plant(
        "points taken from another lot of the same issuer",
        "law_07_lots_equal_transfers",
        f"""
        UPDATE ledger.transfer SET from_lot = (
          SELECT max(id) FROM ledger.lot WHERE issuer_id = 11 AND owner_id = 101
        ) WHERE {_transfer("capture")}
        """,
    ),
    Plant(
        "money set aside for another lot",
        "law_07_reserves_equal_transfers",
        f"UPDATE ledger.transfer SET to_lot = to_lot + 1 WHERE {_transfer('fund')}",
    ),
    Plant(
        "an operation without a record",
        "law_08_one_record_each",
        f"DELETE FROM kernel.once WHERE operation_id = {_operation('purchase')}",
    ),
    Plant(
        "an operation with two keys",
        "law_08_one_record_each",
        f"""
        INSERT INTO kernel.once
        SELECT scope, 'another', operation_id, refused, fingerprint, answer, written_at
        FROM kernel.once WHERE operation_id = {_operation("purchase")}
        """,
    ),
    Plant(
        "an accepted key without its operation",
        "law_08_one_record_each",
        f"DELETE FROM ledger.operation WHERE id = {_operation('release')}",
    ),
    Plant(
        "a refused key that happened all the same",
        "law_08_one_record_each",
        f"UPDATE kernel.once SET refused = TRUE WHERE operation_id = {_operation('gift')}",
    ),
    Plant(
        "a refund repeated",
        "law_09_refunds_stay_within_the_sale",
        f"""
        INSERT INTO ledger.operation
        SELECT owner_id, id + 8000, 'reversal', organisation_id, outlet_id, original_id, window_id,
          points, cash, written_at, effective_at, data
        FROM ledger.operation WHERE id = {_operation("refund")}
        """,
    ),
    Plant(
        "a refund of a line that was not sold",
        "law_09_refunds_stay_within_the_sale",
        f"""
        UPDATE ledger.operation SET data = '{{"lines":[["wine",1,0]]}}'
        WHERE id = {_operation("refund")}
        """,
    ),
    Plant(
        "a refund of more points than the line took",
        "law_09_refunds_stay_within_the_sale",
        f"""
        UPDATE ledger.operation SET data = '{{"lines":[["tea",8000,3001]]}}'
        WHERE id = {_operation("refund")}
        """,
    ),
    Plant(
        "a refund of nothing that was sold",
        "law_09_refunds_stay_within_the_sale",
        f"""
        UPDATE ledger.operation SET original_id = {_operation("release")}
        WHERE id = {_operation("refund")}
        """,
    ),
    Plant(
        "lines that cannot be read",
        "law_09_refunds_stay_within_the_sale",
        f"""
        UPDATE ledger.operation SET data = '{{"lines":"tea"}}' WHERE id = {_operation("refund")}
        """,
    ),
    Plant(
        "a capture beyond its hold",
        "law_09_captures_stay_within_the_hold",
        f"UPDATE ledger.operation SET points = 1001 WHERE id = {_operation('capture')}",
    ),
    Plant(
        "a position nobody pays",
        "law_10_positions_of_a_window_sum_to_zero",
        "UPDATE ledger.window_movement SET net = net + 1 WHERE kind = 'fees'",
    ),
    Plant(
        "a position paid to another",
        "law_10_positions_equal_transfers",
        """
        UPDATE ledger.window_movement SET net = net + (2 * organisation_id - 23)
        WHERE kind = 'clearing' AND organisation_id IN (11, 12)
        """,
    ),
    Plant(
        "a batch that lost its seal",
        "law_11_every_batch_is_sealed_or_waits",
        "DELETE FROM ledger.unsealed",
    ),
    Plant(
        "a batch that is gone",
        "law_11_every_batch_is_sealed_or_waits",
        "DELETE FROM ledger.batch WHERE id = (SELECT max(id) FROM ledger.batch)",
    ),
    Plant(
        "a batch and its operations that are gone",
        "law_11_every_batch_is_sealed_or_waits",
        """
        DELETE FROM ledger.operation
        WHERE id >> 13 = (SELECT max(id) FROM ledger.batch);
        DELETE FROM ledger.batch WHERE id = (SELECT max(id) FROM ledger.batch)
        """,
    ),
    Plant(
        "an operation rewritten",
        "verify_chain",
        f"UPDATE ledger.operation SET cash = cash + 1 WHERE id = {_operation('purchase')}",
    ),
    Plant(
        "a transfer removed",
        "verify_chain",
        f"DELETE FROM ledger.transfer WHERE {_transfer('acceptance_fee')}",
    ),
    Plant(
        "a budget overspent",
        "law_12_budgets_are_kept",
        _without("account", "account_floor")
        + "UPDATE ledger.account SET balance = -1 WHERE kind = 'budget'",
    ),
]


def plant(conn: Connection, done: str) -> None:
    """Plant a fault as the database's owner, past grants and triggers."""
    with conn.transaction():
        conn.execute("RESET ROLE")
        conn.execute("SET LOCAL session_replication_role = 'replica'")
        conn.execute(done.encode())
        conn.execute("SET ROLE tongbao_app")

"""Transactions of requests: begun on a connection that lives, whatever happened to the others."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Final, TypeVar

import psycopg
from psycopg_pool import PoolTimeout

from tongbao.kernel import db, metrics
from tongbao.kernel.db import DatabaseUnreachable
from tongbao.teller.batch import OutcomeUnknown, is_lost

_PATIENCE: Final = 5.0
"""Seconds in which a connection has to become free."""

Found = TypeVar("Found")
Begin = Callable[[db.Connection], AbstractContextManager[object]]


@contextmanager
def begun(pool: db.Pool) -> Iterator[db.Connection]:
    """Give a connection in a transaction, which is committed when the block ends.

    Refuses ``database-unreachable``, then nothing was done, and ``outcome-unknown`` when the
    database went away while it committed.
    """
    conn, stack = _begin(pool, lambda conn: conn.transaction())
    decided = False
    try:
        with metrics.POOL_USED.track_inprogress(), stack:
            yield conn
            decided = True
    except psycopg.OperationalError as error:
        if not is_lost(conn, error):
            raise
        if decided:
            raise OutcomeUnknown from error
        raise DatabaseUnreachable(reason=_in_one_line(error)) from error


def lent(pool: db.Pool) -> AbstractContextManager[db.Connection]:
    """Give a connection without a transaction, to who opens transactions of its own.

    Refuses ``database-unreachable``; what was committed before stays.
    """
    return _used(pool, lambda conn: nullcontext(conn.execute("SELECT 1")))


def ask(pool: db.Pool, question: Callable[[db.Connection], Found]) -> Found:
    """Give what a question finds that is one statement: one round trip, without a transaction.

    On a connection that has died it is asked again on another: it only reads. Refuses
    ``database-unreachable``.
    """
    lost: Exception | None = None
    for _ in range(pool.max_size + 1):
        conn, stack = _begin(pool, nullcontext)
        try:
            with metrics.POOL_USED.track_inprogress(), stack:
                return question(conn)
        except psycopg.OperationalError as error:
            if not is_lost(conn, error):
                raise
            lost = error
    raise DatabaseUnreachable(reason=_in_one_line(lost)) from lost


def snapshot(pool: db.Pool) -> AbstractContextManager[db.Connection]:
    """Give a connection that sees one state of the database until the block ends, and only reads.

    Refuses ``database-unreachable``.
    """
    return _used(pool, _reading)


@contextmanager
def _used(pool: db.Pool, begin: Begin) -> Iterator[db.Connection]:
    conn, stack = _begin(pool, begin)
    try:
        with metrics.POOL_USED.track_inprogress(), stack:
            yield conn
    except psycopg.OperationalError as error:
        if not is_lost(conn, error):
            raise
        raise DatabaseUnreachable(reason=_in_one_line(error)) from error


@contextmanager
def _reading(conn: db.Connection) -> Iterator[None]:
    """Begin what sees one state of the database, and only reads; in one round trip."""
    conn.isolation_level, conn.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
    try:
        with conn.transaction():
            yield
    finally:
        if not conn.broken:
            conn.isolation_level = conn.read_only = None


def _begin(pool: db.Pool, begin: Begin) -> tuple[db.Connection, ExitStack]:
    """Begin on the first connection that can; the pool replaces those that have died in it."""
    began = time.monotonic()
    lost: Exception | None = None
    for _ in range(pool.max_size + 1):
        with ExitStack() as stack:
            try:
                conn = stack.enter_context(pool.connection(timeout=_PATIENCE))
            except PoolTimeout as error:
                raise DatabaseUnreachable(reason=_in_one_line(error)) from error
            try:
                stack.enter_context(begin(conn))
            except psycopg.OperationalError as error:
                if not is_lost(conn, error):
                    raise
                lost = error
                continue
            metrics.POOL_SECONDS.observe(time.monotonic() - began)
            return conn, stack.pop_all()
    raise DatabaseUnreachable(reason=_in_one_line(lost)) from lost


def _in_one_line(error: Exception | None) -> str:
    return " ".join(str(error).split())

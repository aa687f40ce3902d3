"""Copies of a database: what many examples of one test start from."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from urllib.parse import urlsplit

import psycopg

from tongbao.kernel import db as database
from tongbao.kernel.db import Connection

_numbers = count(1)


@contextmanager
def copied(server_url: str, source: str) -> Iterator[Connection]:
    """Give a connection to a copy of the database named ``source``, and drop the copy afterwards.

    Nobody may be connected to ``source``.
    """
    with psycopg.connect(server_url, autocommit=True) as admin:
        name = f"{source}_{admin.info.backend_pid}_{next(_numbers)}"
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY file_copy".encode())
        try:
            url = urlsplit(server_url)._replace(path="/" + name).geturl()
            with database.connect(url) as conn:
                yield conn
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

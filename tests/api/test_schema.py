"""Whatever the document allows, and much that it does not: no crash, nothing undocumented."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from litestar.testing import TestClient
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.conftest import Served, token
from tests.world import broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.api import app, document
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings

SCHEMA = schemathesis.openapi.from_dict(document.of(app.make(Settings())))
FOUND: Any = SCHEMA.get_all_operations()
OPERATIONS = [found.ok() for found in FOUND]
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
FEW, MANY = 4, 300


@pytest.fixture(scope="module")
def shared(module_db: Connection) -> Iterator[Served]:
    """Serve one alliance to all tests of this file."""
    world = build(module_db, {name: Terms() for name in "ABC"})
    tokens = {"operator": token(module_db, world.operator, "admin")}
    info = module_db.info
    url = f"postgresql://{info.user}@/{info.dbname}?host={info.host}&port={info.port}"
    with TestClient(app.make(Settings(database_url=url))) as client:
        yield Served(client, world, tokens, module_db)


def explore(shared: Served, operation: Any, examples: int) -> None:
    """Call an operation with what its schema allows, and with what it does not."""
    for mode in MODES:
        cases = operation.as_strategy(generation_mode=mode)

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(cases)
        def call(case: Any) -> None:
            sent = case.as_transport_kwargs(base_url="http://testserver.local")
            sent.pop("cookies", None)
            headers = {k: v for k, v in sent.pop("headers").items() if v.isascii()}
            headers["Authorization"] = f"Bearer {shared.tokens['operator']}"
            answer = shared.client.request(headers=headers, **sent)
            case.validate_response(answer, checks=CHECKS)

        call()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_nothing_breaks_and_nothing_is_undocumented(shared: Served, operation: Any) -> None:
    explore(shared, operation, FEW)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_nothing_breaks_however_long_it_is_tried(shared: Served) -> None:
    for operation in OPERATIONS:
        explore(shared, operation, MANY)
    assert broken_laws(shared.db) == {}

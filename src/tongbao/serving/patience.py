"""How long a request may take to arrive: who sends byte by byte is not waited for."""

import asyncio
from typing import Final

from litestar.types import Receive
from litestar.types.asgi_types import ReceiveMessage

from tongbao.kernel.errors import Refused

BODY: Final = 30.0
"""Seconds in which the whole body of a request has to be there."""


class BodyTooSlow(Refused):
    code = "body-too-slow"
    text = "the body of the request did not arrive within {seconds} seconds"


def patient(receive: Receive, seconds: float = BODY) -> Receive:
    """Give ``receive`` with a limit to how long the body may take; refuses ``body-too-slow``."""
    until: float | None = None
    whole = False

    async def received() -> ReceiveMessage:
        nonlocal until, whole
        if whole:  # whoever asks now waits for the caller to go
            return await receive()
        until = until or asyncio.get_running_loop().time() + seconds
        try:
            async with asyncio.timeout_at(until):
                message = await receive()
        except TimeoutError:
            raise BodyTooSlow(seconds=f"{seconds:g}") from None
        whole = not message.get("more_body", False)
        return message

    return received

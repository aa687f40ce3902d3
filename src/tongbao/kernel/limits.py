"""A limit on everything: beyond it is a refusal with its name, never a crash or a slow death."""

from datetime import UTC, datetime, timedelta
from typing import Final

AMOUNT: Final = 10**15
"""Largest amount of one operation, in fen (ten trillion yuan)."""

BALANCE: Final = 10**17
"""Largest balance of one account, and largest sum of claims between two organisations in one
window, in fen (a quadrillion yuan). Far below 2^63, so that batches which run side by side, and
do not see each other's, cannot overflow it together."""

LARGE: Final = 10**9
"""From this amount (ten million yuan) on, a batch looks at how much room accounts have. Of smaller
ones it would take nine billion to overflow a number that the database holds."""

BATCH: Final = 8_192
"""Operations in one batch; their place in it takes 13 bits of the operation id."""

ITEMS: Final = 1_000
"""Operations of one bulk call over HTTP."""

QUEUE: Final = 100_000
"""Operations that may wait for a teller; more are refused at once."""

LINES: Final = 500
"""Lines of one sale."""

LOTS_PER_OPERATION: Final = 1_000
"""Lots one operation may touch; a lot's place takes 10 bits of the lot id."""

KEY: Final = 255
"""Characters of an idempotency key (printable ASCII)."""

OVERLAP: Final = timedelta(days=90)
"""How long an API key may stay good after another has taken its place."""

ASKED: Final = 10**9
"""Requests a minute that one API key may be given at most."""

TEXT: Final = 500
"""Characters of a free text (reason, note)."""

FACTS: Final = 65_536
"""Bytes of what a proposal or an exception item says, as JSON."""

DIFFERENCES: Final = 100_000
"""Differences that one reconciliation keeps; the others are counted."""

NAME: Final = 200
"""Characters of a name or receipt number."""

CODE: Final = 64
"""Characters of a code (organisation, site, format, outlet, terminal) or external id."""

RATE: Final = 1_000_000
"""One whole, in parts per million; no rate is larger."""

OFFLINE_LINES: Final = 100_000
"""Lines of one allowance of an offline till."""

OFFLINE_UPLOAD: Final = 1_000
"""Lines that an offline till may send at once."""

CODE_SKEW: Final = 1
"""Minutes by which the clock of a phone that shows a payment code may differ from ours."""

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""No business date lies before this."""

AHEAD: Final = timedelta(days=1)
"""How far a business date may lie after the server's time (tills set their clocks by hand)."""

HOLD: Final = timedelta(days=31)
"""Longest time a hold may stay open."""

LOT: Final = timedelta(days=36_525)
"""Longest time after which points may be released or may expire (a hundred years)."""

QUOTE: Final = timedelta(minutes=15)
"""How long a quote is good: from standing at the till to paying."""

PAGE: Final = 1_000
"""Rows of one page or listing."""

BULK: Final = 100_000
"""Rows of one bulk call (enrolling members, adding outlets, looking identities up)."""

IDENTITIES: Final = 20
"""Identities of one member."""

CALENDAR: Final = 1_000_000
"""Bytes of a file with the working days of a year."""

ALERT_LEVELS: Final = 8
"""Levels of its limit at which an organisation may want to be warned."""

CONTRACT_AHEAD: Final = timedelta(days=3_660)
"""How far ahead a version of a contract may be signed."""

PAYMENTS: Final = 10_000
"""Payments of one file for a bank; a settlement with more goes in several files."""

ACCOUNT_NAME: Final = 140
"""Characters of the name of a bank account."""

BANK_FILE: Final = 512 * 1024 * 1024
"""Bytes of a file from a bank."""

TILL_FILE: Final = 64 * 1024 * 1024
"""Bytes of a till's file of a day that is sent over HTTP."""

BANK_LINES: Final = 1_000_000
"""Lines of one bank statement."""

EVIDENCE: Final = 4_000
"""Characters of the evidence of a dispute, and of its answer."""

DISPUTE: Final = timedelta(days=180)
"""How old an operation may be that is disputed."""

DISPUTE_ANSWER: Final = timedelta(days=10)
"""How long the other side of a dispute has to answer; then it is decided without."""

DISPUTE_DECISION: Final = timedelta(days=20)
"""How long the operator has to decide a dispute that was answered."""

PASSWORD: Final = 200
"""Characters of a password; the shortest has 12."""

SESSION: Final = timedelta(hours=12)
"""How long a session of staff lasts at most."""

SESSION_IDLE: Final = timedelta(minutes=30)
"""How long a session of staff lasts without a request."""

STEP_UP: Final = timedelta(minutes=15)
"""For how long a code that was given lets somebody approve."""

INVITATION: Final = timedelta(days=7)
"""How long an invitation to set the first password is good."""

APPLICATION: Final = timedelta(days=90)
"""How long it is known who applied and was refused, or did not answer."""

RESET: Final = timedelta(hours=2)
"""How long a link to set a new password is good."""

ONE_TIME_CODE: Final = timedelta(minutes=5)
"""How long a code that was sent to a phone is good."""

DEVICES: Final = 20
"""Devices of one member; a new one beyond takes the place of the one seen longest ago."""

MEMBER_SESSION: Final = timedelta(days=180)
"""How long a session of a member lasts at most."""

MEMBER_SESSION_IDLE: Final = timedelta(days=30)
"""How long a session of a member lasts without a request."""

KEY_TOKEN: Final = timedelta(minutes=15)
"""How long a token lasts that a key has got by OAuth 2.0."""

STAFF_TOKEN: Final = timedelta(hours=12)
"""How long a token lasts with which scripts of the staff call."""

SIGNATURE_SKEW: Final = timedelta(minutes=5)
"""How far the clock of who signs requests may be from ours."""

SSO: Final = timedelta(minutes=10)
"""How long a sign-in at a provider of single sign-on may take."""

WEBHOOKS: Final = 20
"""Webhooks of one organisation."""

MESSAGE: Final = 4_096
"""Bytes of an ISO 8583 message."""

TERMINALS: Final = 1_024
"""Connections of terminals to the ISO 8583 gateway."""

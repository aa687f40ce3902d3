"""Types of events in words: what has happened, as whoever ticks a type in a list reads it."""

from typing import Final

from tongbao.web.words import mark

EVENTS: Final = {
    "tongbao.points.awarded.v1": mark("Points were given"),
    "tongbao.purchase.posted.v1": mark("A purchase was posted"),
    "tongbao.hold.placed.v1": mark("Points were held for a purchase"),
    "tongbao.hold.captured.v1": mark("Held points were spent"),
    "tongbao.hold.voided.v1": mark("Held points were set free"),
    "tongbao.hold.expired.v1": mark("A hold ended by itself"),
    "tongbao.advice.received.v1": mark("A sale made offline arrived"),
    "tongbao.sale.refunded.v1": mark("A sale was refunded"),
    "tongbao.operation.reversed.v1": mark("An operation was reversed"),
    "tongbao.points.gifted.v1": mark("Points were given to another member"),
    "tongbao.adjustment.proposed.v1": mark("An adjustment of points was proposed"),
    "tongbao.adjustment.decided.v1": mark("An adjustment of points was decided"),
    "tongbao.points.expired.v1": mark("Points of a member expired"),
    "tongbao.points.released.v1": mark("Pending points can be spent now"),
    "tongbao.award.cancelled.v1": mark("Pending points were taken back"),
    "tongbao.member.merged.v1": mark("Two memberships became one"),
    "tongbao.member.closed.v1": mark("A membership was closed"),
    "tongbao.window.closed.v1": mark("A clearing window was closed"),
    "tongbao.settlement.proposed.v1": mark("A settlement was proposed"),
    "tongbao.settlement.approved.v1": mark("A settlement was approved"),
    "tongbao.settlement.instructed.v1": mark("A settlement went to the bank"),
    "tongbao.settlement.settled.v1": mark("A settlement was paid in full"),
    "tongbao.settlement.failed.v1": mark("A settlement ended with payments given up"),
    "tongbao.settlement.rejected.v1": mark("A settlement was rejected"),
    "tongbao.leg.paid.v1": mark("A settlement payment was made"),
    "tongbao.leg.rejected.v1": mark("The bank refused or returned a settlement payment"),
    "tongbao.leg.failed.v1": mark("A settlement payment was given up"),
    "tongbao.headroom.narrowed.v1": mark("A limit is nearly used up"),
    "tongbao.prepaid.lowered.v1": mark("A prepaid block is nearly used up"),
    "tongbao.organisation.joined.v1": mark("An organisation joined the alliance"),
    "tongbao.webhook.pinged.v1": mark("A webhook was tried"),
    "tongbao.webhook.disabled.v1": mark("A webhook was paused, for it does not answer"),
}
"""Every type, in the order in which they are offered."""

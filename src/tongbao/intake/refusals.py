"""What files and their rows may be refused for; rows are refused for what posting refuses, too."""

from tongbao.kernel.errors import Conflict, Malformed, NotFound, Refused


class MappingMalformed(Malformed):
    code = "mapping-malformed"
    text = "the mapping cannot be used: {reason}"


class RejectsUnwritable(Refused):
    code = "rejects-unwritable"
    text = "rejects cannot be written to {file}: {reason}"


class ImportRunning(Conflict):
    code = "import-running"
    text = "{file} is being imported by another process"


class QuantityMalformed(Malformed):
    code = "quantity-malformed"
    text = "{given!r} is not a quantity"


class PointsMalformed(Malformed):
    code = "points-malformed"
    text = "{given!r} is not an amount of points, `all`, or `up to` an amount"


class ReceiptIncomplete(Refused):
    code = "receipt-incomplete"
    text = "line {line} of the same receipt cannot be used"


class ReceiptContradictory(Malformed):
    code = "receipt-contradictory"
    text = "the receipt names two members, in lines {line} and {other}"


class ReturnWithoutSale(NotFound):
    code = "return-without-sale"
    text = "no sale has {amount} left that this could be the return of"


class PostingFailed(Refused):
    code = "posting-failed"
    text = "the database would not take it: {reason}"

"""What is refused of a file that came from a bank."""

from tongbao.kernel.errors import Conflict, Malformed, NotFound, Refused


class BankFileUnreadable(Refused):
    code = "bank-file-unreadable"
    text = "{file} cannot be read: {reason}"


class BankFileTooLarge(Refused):
    code = "bank-file-too-large"
    text = "{file} has {size} bytes; at most {most} are read"


class BankFileMalformed(Malformed):
    code = "bank-file-malformed"
    text = "line {line}: {reason}"


class BankFileUnsafe(Malformed):
    code = "bank-file-unsafe"
    text = "line {line}: the file declares a document type; entities are never read"


class BankFileUnknown(Malformed):
    code = "bank-file-unknown"
    text = "a message {found!r} is not read; read are {known}"


class BankFileReused(Conflict):
    code = "bank-file-reused"
    text = "{what} {given!r} was read before, in report {report}, with another content"


class BankSumsDiffer(Malformed):
    code = "bank-sums-differ"
    text = "{where}: {what} is {found}, and its parts make {expected}"


class BankCurrency(Refused):
    code = "bank-currency"
    text = "the account of statement {statement} is kept in {currency}, not in CNY"


class BankAccountUnknown(NotFound):
    code = "bank-account-unknown"
    text = "{number} is no account of the operator"


class BankMessageUnknown(NotFound):
    code = "bank-message-unknown"
    text = "no payment file has the message id {message!r}"


class BankReportNotFound(NotFound):
    code = "bank-report-not-found"
    text = "there is no bank report {report}"

"""What files that somebody sends, and their rows, may be refused for."""

from tongbao.kernel.errors import Malformed, Refused


class FileUnreadable(Refused):
    code = "file-unreadable"
    text = "{file} cannot be read: {reason}"


class FileMalformed(Malformed):
    code = "file-malformed"
    text = "{file} cannot be used: {reason}"


class ColumnMissing(Malformed):
    code = "column-missing"
    text = "{file} has no column {column} for {field}; it has {found}"


class ColumnRepeated(Malformed):
    code = "column-repeated"
    text = "{file} has more than one column {column}"


class RowMalformed(Malformed):
    code = "row-malformed"
    text = "{reason}"


class RowEncoding(Malformed):
    code = "row-encoding"
    text = "the line is not {encoding}"


class RowTooLong(Malformed):
    code = "row-too-long"
    text = "the line has more than {most} bytes"


class ValueMissing(Malformed):
    code = "value-missing"
    text = "{field} is empty"


class TimeMalformed(Malformed):
    code = "time-malformed"
    text = "{given!r} is not a time that can be read"

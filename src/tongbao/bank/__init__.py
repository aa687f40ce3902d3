"""Money at the bank: files of payments that go out, reports that come in and are matched.

Owns: payment files, statements, their lines, what each was matched with (schema ``bank``).
Promises: a file made again is the same to the byte; a report read twice books once; XML is read
without entities, outside references or limits on nothing.
Never: decides who pays whom (``clearing``); talks to a bank.
"""

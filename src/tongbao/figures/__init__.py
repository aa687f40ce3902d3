"""How an organisation does: what it sold, gave and accepted day by day, and whom others brought.

Owns: sums of each organisation's business by day and outlet, who came when for the first time
(schema ``figures``).
Promises: a day's sums are those of the journal; what lies in a closed window is read once, what
lies in the open one each time, so that a page costs what a day costs, however old the journal is.
Never: moves a balance, decides anything, shows one organisation the business of another.
"""

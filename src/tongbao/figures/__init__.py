"""How an organisation does, day by day, and whom others brought; how the alliance does.

Owns: sums of each organisation's business by day and outlet, who came when for the first time;
sums of each closed window, and what became of each month's points (schema ``figures``).
Promises: a day's sums are those of the journal; what lies in a closed window is read once, what
lies in the open one each time, so that a page costs what a day costs, however old the journal is.
Never: moves a balance, decides anything, shows one organisation the business of another.
"""

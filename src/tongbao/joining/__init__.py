"""How a merchant comes to take part: it applies, is looked at, decided upon, and begins.

Owns: applications, what was asked about them, and the checks that a person sees before deciding
(schema ``joining``).
Promises: nobody learns from applying who has applied or who takes part; whoever is accepted has
organisation, contract, outlet, terminal, manager and a proposed bank account at once or not at
all; what lets them in is given once; who was refused is forgotten.
Never: decides by itself, pays to an account that one person alone has looked at, or keeps the
secret of an applicant's link.
"""

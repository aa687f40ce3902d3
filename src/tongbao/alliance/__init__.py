"""Who takes part, where their tills stand, and on what terms.

Owns: organisations, brands, sites, formats, outlets, terminals and contracts (schema
``alliance``), and which merchant categories (ISO 18245) and regions (GB/T 2260) are known.
Promises: there is one operator; an outlet never changes its organisation; a version of a
contract is never changed, and whether posting must lock an organisation follows its contracts;
who is closed owes nothing and is owed nothing.
Never: moves a balance, or forgets an organisation that a claim may name.
"""

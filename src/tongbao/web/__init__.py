"""The pages: a door for people with a browser.

Owns: routes of HTML pages, templates, the words in both languages, the assets that are built from
``frontend/``, which forms were sent (schema ``web``).
Promises: every page says who may see it, and nobody else does; a form that is sent twice does
once what it says; nothing on a page comes from another host, and no script or style stands in it.
Never: moves a balance but through the teller; calls the API; decides what the domain decides.

A page is a route that reads and gives ``pages.page``; a list is a ``lists.Listing``; a form is
``forms.submit`` with what is to be done. ``docs/howto/write-a-page.md`` shows each.
"""

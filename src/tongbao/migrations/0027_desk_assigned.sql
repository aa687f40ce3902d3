-- desk: who works on an exception item, and who said so.

ALTER TABLE desk.exception_item
ADD COLUMN assigned_to text,
ADD COLUMN assigned_by text,
ADD COLUMN assigned_at timestamptz;

GRANT UPDATE (assigned_to, assigned_by, assigned_at) ON desk.exception_item TO tongbao_app;

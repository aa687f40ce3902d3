-- web: which forms were sent.

CREATE SCHEMA web;
GRANT USAGE ON SCHEMA web TO tongbao_app;

-- A form that was sent, by its own key, and the page that it led to. sender: whose it is, as in
-- staff 7; empty for somebody who has not signed in.
CREATE TABLE web.form (
  sender text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  sent_at timestamptz NOT NULL,
  led_to text NOT NULL DEFAULT '/',
  PRIMARY KEY (sender, key)
);

CREATE INDEX form_sent ON web.form (sent_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON web.form TO tongbao_app;

-- The outbox with its rows beside the key instead of in it: SQLite keeps a quarter of a page of a row in a key's tree and gives the
-- rest, of a message of two kilobytes, a page of its own, which was written once for the message and once for its removal.
ALTER TABLE outbox RENAME TO outbox_was;
DROP INDEX outbox_due;
CREATE TABLE outbox (
	place   TEXT   NOT NULL,
	n       BIGINT NOT NULL,
	id      TEXT   NOT NULL,
	tenant  TEXT   NOT NULL,
	case_id TEXT   NOT NULL,
	card    TEXT   NOT NULL,
	stand   BIGINT NOT NULL,
	due     BIGINT NOT NULL,
	attempt BIGINT NOT NULL,
	doubt   BIGINT NOT NULL,
	decided BIGINT NOT NULL,
	body    TEXT   NOT NULL,
	PRIMARY KEY (place, n)
);
INSERT INTO outbox (place, n, id, tenant, case_id, card, stand, due, attempt, doubt, decided, body)
SELECT place, n, id, tenant, case_id, card, stand, due, attempt, doubt, decided, body FROM outbox_was;
DROP TABLE outbox_was;
CREATE INDEX outbox_due ON outbox (due) WHERE stand > 0;

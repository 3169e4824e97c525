-- When to look at a shipment again is kept beside its document, so that a process can learn it of all shipments without reading one.
-- source is whom to ask: NULL in what was written before this, which finds it in its document and writes it down. look is when to
-- ask next: NULL for never; it may lie before the true moment, never after it. due is now only when a shipment itself has
-- something to be done: news to hand over, a card somebody asked for.
ALTER TABLE shipments ADD COLUMN source TEXT;
ALTER TABLE shipments ADD COLUMN look BIGINT;
CREATE INDEX shipments_look ON shipments (source, number, look) WHERE look IS NOT NULL;
DROP INDEX shipments_due;
CREATE INDEX shipments_due ON shipments (source, due) WHERE due IS NOT NULL;

-- Codes that a source used and its table does not know, counted for the operator. example is in the source's words.
CREATE TABLE codes (
	source  TEXT   NOT NULL,
	code    TEXT   NOT NULL,
	times   BIGINT NOT NULL,
	first   BIGINT NOT NULL,
	latest  BIGINT NOT NULL,
	example TEXT   NOT NULL,
	PRIMARY KEY (source, code)
) WITHOUT ROWID;

-- Sources that must not be asked until an operator acts, and why.
CREATE TABLE stops (
	source TEXT   NOT NULL PRIMARY KEY,
	reason TEXT   NOT NULL,
	at     BIGINT NOT NULL
) WITHOUT ROWID;

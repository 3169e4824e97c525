-- The installations of an app in workspaces that are not the operator's own: the tokens that came with them, sealed with a key
-- that is not in the database. gone is when the app was taken out: from then on nothing is sealed here, and the row stays
-- until everything of the tenant was erased.
CREATE TABLE workspaces (
	network TEXT   NOT NULL,
	id      TEXT   NOT NULL,
	sealed  TEXT   NOT NULL,
	changed BIGINT NOT NULL,
	gone    BIGINT NOT NULL,
	PRIMARY KEY (network, id)
) WITHOUT ROWID;

-- Installations that were begun, as digests of what the browser that began them must bring back, once.
CREATE TABLE grants (
	grant_id TEXT   NOT NULL PRIMARY KEY,
	expires  BIGINT NOT NULL
) WITHOUT ROWID;

-- What a network handed over and was acknowledged before it was dealt with, in the order in which it came.
CREATE TABLE inbox (
	network TEXT   NOT NULL,
	id      TEXT   NOT NULL,
	at      BIGINT NOT NULL,
	body    TEXT   NOT NULL,
	PRIMARY KEY (network, id)
) WITHOUT ROWID;
CREATE INDEX inbox_at ON inbox (network, at);

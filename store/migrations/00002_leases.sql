-- Who does what only one process may do at a time: hold a shard, poll a source. until is when it is free again by itself.
CREATE TABLE leases (
	name   TEXT   NOT NULL PRIMARY KEY,
	holder TEXT   NOT NULL,
	until  BIGINT NOT NULL
) WITHOUT ROWID;

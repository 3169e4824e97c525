-- What sources told by themselves about numbers that nobody follows yet. tenant: whose followers may have it; empty: everybody's. heard: when we
-- were told, in microseconds; it also counts the events of one post.
CREATE TABLE early (
	number TEXT   NOT NULL,
	tenant TEXT   NOT NULL,
	name   TEXT   NOT NULL,
	heard  BIGINT NOT NULL,
	body   TEXT   NOT NULL,
	PRIMARY KEY (number, tenant, name)
) WITHOUT ROWID;
CREATE INDEX early_heard ON early (tenant, heard);

-- What the doors to networks must remember across a restart and between processes, by name: whom they may write to, how a
-- question that is still open can be answered. tenant and who: whom it is about, so that it goes when their case is erased.
CREATE TABLE notes (
	network TEXT   NOT NULL,
	name    TEXT   NOT NULL,
	tenant  TEXT   NOT NULL,
	who     TEXT   NOT NULL,
	ends    BIGINT NOT NULL,
	body    TEXT   NOT NULL,
	PRIMARY KEY (network, name)
) WITHOUT ROWID;
CREATE INDEX notes_ends ON notes (ends);
CREATE INDEX notes_who ON notes (tenant, who);

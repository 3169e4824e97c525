-- The first shape of the house. One text for SQLite and for PostgreSQL: PostgreSQL is given it without WITHOUT ROWID.
-- Times are microseconds since 1970, UTC. Documents are JSON text. Nothing counts up by itself.

-- A case is one document. version counts its turns: who writes says which version was read.
CREATE TABLE cases (
	id      TEXT   NOT NULL PRIMARY KEY,
	tenant  TEXT   NOT NULL,
	version BIGINT NOT NULL,
	state   TEXT,
	created BIGINT NOT NULL,
	changed BIGINT NOT NULL
);

-- Who works on which case: one case per user. tenant is the user's own, which need not be the case's.
CREATE TABLE members (
	tenant    TEXT   NOT NULL,
	who       TEXT   NOT NULL,
	case_id   TEXT   NOT NULL REFERENCES cases (id),
	role      TEXT   NOT NULL,
	since     BIGINT NOT NULL,
	network   TEXT   NOT NULL,
	workspace TEXT   NOT NULL,
	name      TEXT   NOT NULL,
	language  TEXT   NOT NULL,
	zone      TEXT   NOT NULL,
	PRIMARY KEY (tenant, who)
) WITHOUT ROWID;
CREATE INDEX members_case ON members (case_id);

-- One-time codes, as digests.
CREATE TABLE invites (
	code    TEXT   NOT NULL PRIMARY KEY,
	case_id TEXT   NOT NULL REFERENCES cases (id),
	role    TEXT   NOT NULL,
	expires BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX invites_case ON invites (case_id);

-- The inbox: which events were applied, as digests of tenant and event, so that nothing of a person stays in it.
CREATE TABLE seen (
	event TEXT   NOT NULL PRIMARY KEY,
	at    BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX seen_at ON seen (at);

-- The outbox: one queue per place, in the order of n. Only the first of a queue is its head, and only a head can be
-- claimed, from due on. stand: 1 head, 2 head and leased, 0 behind others, -1 behind others and leased with them. While it is
-- leased, due is the end of the lease. attempt counts the attempts that have ended; doubt: one of them may have arrived.
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
) WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (due) WHERE stand > 0;

-- What the networks called the cards that were sent.
CREATE TABLE cards (
	place   TEXT NOT NULL,
	card    TEXT NOT NULL,
	native  TEXT NOT NULL,
	case_id TEXT NOT NULL,
	PRIMARY KEY (place, card)
) WITHOUT ROWID;
CREATE INDEX cards_case ON cards (case_id);

-- Deliveries that cannot be made, for the operator.
CREATE TABLE refusals (
	id      TEXT   NOT NULL PRIMARY KEY,
	tenant  TEXT   NOT NULL,
	case_id TEXT   NOT NULL,
	place   TEXT   NOT NULL,
	card    TEXT   NOT NULL,
	decided BIGINT NOT NULL,
	body    TEXT   NOT NULL,
	reason  TEXT   NOT NULL,
	at      BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX refusals_at ON refusals (at);
CREATE INDEX refusals_case ON refusals (case_id);

-- When a case wants to be woken.
CREATE TABLE timers (
	case_id TEXT   NOT NULL,
	name    TEXT   NOT NULL,
	tenant  TEXT   NOT NULL,
	at      BIGINT NOT NULL,
	PRIMARY KEY (case_id, name)
) WITHOUT ROWID;
CREATE INDEX timers_at ON timers (at);

-- What a case watches. due is when there is something to do about it: NULL for never.
CREATE TABLE shipments (
	case_id TEXT   NOT NULL,
	number  TEXT   NOT NULL,
	tenant  TEXT   NOT NULL,
	version BIGINT NOT NULL,
	due     BIGINT,
	body    TEXT   NOT NULL,
	PRIMARY KEY (case_id, number)
);
CREATE INDEX shipments_due ON shipments (due) WHERE due IS NOT NULL;

-- Questions handed to a human. answered is 0 until then.
CREATE TABLE tickets (
	id       TEXT   NOT NULL PRIMARY KEY,
	tenant   TEXT   NOT NULL,
	case_id  TEXT   NOT NULL,
	person   TEXT   NOT NULL,
	name     TEXT   NOT NULL,
	lang     TEXT   NOT NULL,
	flow     TEXT   NOT NULL,
	node     TEXT   NOT NULL,
	question TEXT   NOT NULL,
	pack     TEXT   NOT NULL,
	opened   BIGINT NOT NULL,
	answered BIGINT NOT NULL,
	answerer TEXT   NOT NULL,
	answer   TEXT   NOT NULL
);
CREATE INDEX tickets_open ON tickets (opened) WHERE answered = 0;
CREATE INDEX tickets_case ON tickets (case_id);

-- Questions nobody could answer, counted. They carry neither case nor person.
CREATE TABLE unanswered (
	tenant   TEXT   NOT NULL,
	lang     TEXT   NOT NULL,
	question TEXT   NOT NULL,
	asked    BIGINT NOT NULL,
	latest   BIGINT NOT NULL,
	PRIMARY KEY (tenant, lang, question)
) WITHOUT ROWID;

-- What the places that belong to us have shown. seq moves when an entry is replaced, ord does not.
CREATE TABLE posts (
	place   TEXT   NOT NULL,
	seq     BIGINT NOT NULL,
	ord     BIGINT NOT NULL,
	id      TEXT   NOT NULL,
	card    TEXT   NOT NULL,
	case_id TEXT   NOT NULL,
	at      BIGINT NOT NULL,
	body    TEXT   NOT NULL,
	PRIMARY KEY (place, seq)
) WITHOUT ROWID;
CREATE UNIQUE INDEX posts_id ON posts (place, id);
CREATE INDEX posts_card ON posts (place, card) WHERE card <> '';
CREATE INDEX posts_case ON posts (case_id);

-- What was in it.

INSERT INTO cases (id, tenant, version, state, created, changed) VALUES ('case-1', 'web:local', 2, '{"名":"王芳"}', 1795348800000000, 1795348800000000);
INSERT INTO members (tenant, who, case_id, role, since, network, workspace, name, language, zone) VALUES ('web:local', 'u1', 'case-1', 'owner', 1795348800000000, 'web', 'local', '王芳', 'zh-Hans', 'Asia/Shanghai');
INSERT INTO invites (code, case_id, role, expires) VALUES ('86Nw_xPPnHkrKade-Vehiw', 'case-1', 'member', 1795352400000000);
INSERT INTO seen (event, at) VALUES ('5S_edUR5KUtkSyW-VM6N-A', 1795348800000000);
INSERT INTO outbox (place, n, id, tenant, case_id, card, stand, due, attempt, doubt, decided, body) VALUES ('web/local/r/', 2, 'card-2', 'web:local', 'case-1', 'card', 1, 1795348860000000, 1, 0, 1795348800000000, '{"place":{"network":"web","workspace":"local","room":"r"},"message":{"text":"第二版","key":"card"}}');
INSERT INTO cards (place, card, native, case_id) VALUES ('web/local/r/', 'card', 'native-1', 'case-1');
INSERT INTO refusals (id, tenant, case_id, place, card, decided, body, reason, at) VALUES ('refused', 'web:local', 'case-1', 'web/local/gone/', '', 1795348800000000, '{"place":{"network":"web","workspace":"local","room":"gone"},"message":{"text":"您好"}}', 'no such room', 1795348800000000);
INSERT INTO timers (case_id, name, tenant, at) VALUES ('case-1', 'remind', 'web:local', 1795348800000000);
INSERT INTO shipments (case_id, number, tenant, version, due, body) VALUES ('case-1', 'SIM1', 'web:local', 1, 1795348800000000, '{"shipment":{"number":"SIM1","source":"","registered":"0001-01-01T00:00:00Z","status":"","last_ok":"","furthest":""}}');
INSERT INTO tickets (id, tenant, case_id, person, name, lang, flow, node, question, pack, opened, answered, answerer, answer) VALUES ('ticket-1', 'web:local', 'case-1', '', '', '', '', '', 'EORI 要多久？', '{"text":""}', 1795348800000000, 0, '', '');
INSERT INTO unanswered (tenant, lang, question, asked, latest) VALUES ('web:local', 'zh-Hans', '关税多少', 1, 1795348800000000);
INSERT INTO posts (place, seq, ord, id, card, case_id, at, body) VALUES ('web/local/r/', 1795348800000000, 1795348800000000, 'post-1', 'card', 'case-1', 1795348800000000, '{"text":"您好"}');

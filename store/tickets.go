package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"xiaobao/bot"
)

const (
	insertTicket = `
INSERT INTO tickets (id, tenant, case_id, person, name, lang, flow, node, question, pack, opened, answered, answerer, answer)
SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT), CAST($7 AS TEXT), CAST($8 AS TEXT),
	CAST($9 AS TEXT), CAST($10 AS TEXT), CAST($11 AS BIGINT), CAST($12 AS BIGINT), CAST($13 AS TEXT), CAST($14 AS TEXT)
WHERE CAST($3 AS TEXT) = '' OR EXISTS (SELECT 1 FROM cases WHERE id = $3)
ON CONFLICT (id) DO NOTHING`
	ticketColumns = `id, tenant, case_id, person, name, lang, flow, node, question, pack, opened, answered, answerer, answer`
	selectTicket  = `SELECT ` + ticketColumns + ` FROM tickets WHERE id = $1`
	selectOpen    = `SELECT ` + ticketColumns + ` FROM tickets WHERE answered = 0 ORDER BY opened, id LIMIT $1`
	closeTicket   = `UPDATE tickets SET answered = $1, answerer = $2, answer = $3 WHERE id = $4 AND answered = 0`
	countQuestion = `
INSERT INTO unanswered (tenant, lang, question, asked, latest) VALUES ($1, $2, $3, 1, $4)
ON CONFLICT (tenant, lang, question) DO UPDATE SET asked = unanswered.asked + 1,
	latest = CASE WHEN excluded.latest > unanswered.latest THEN excluded.latest ELSE unanswered.latest END`
	selectQuestions = `
SELECT lang, question, SUM(asked), MAX(latest) FROM unanswered GROUP BY lang, question
ORDER BY SUM(asked) DESC, MAX(latest) DESC, question LIMIT $1`
	selectRefusals = `SELECT id, body, reason, at FROM refusals ORDER BY at DESC, id LIMIT $1`
	selectRefusal  = `SELECT tenant, case_id, decided, body FROM refusals WHERE id = $1`
	dropRefusal    = `DELETE FROM refusals WHERE id = $1`
)

// OpenTicket keeps a ticket. See bot.Tickets.
func (s *Store) OpenTicket(ctx context.Context, x bot.Ticket) error {
	pack, err := json.Marshal(x.Pack)
	if err != nil {
		return fmt.Errorf("store: writing down ticket %s: %w", x.ID, err)
	}
	return s.writer.write(ctx, []string{x.ID}, func(t *tx) error {
		t.do(insertTicket, x.ID, x.Tenant, x.Case, x.Person, plain(x.Name), x.Lang, x.Flow, x.Node, plain(x.Question), string(pack),
			micros(x.Opened), micros(x.Answered), x.By, plain(x.Answer))
		return nil
	})
}

// OpenTickets lists the unanswered ones, the oldest first. See bot.Tickets.
func (s *Store) OpenTickets(ctx context.Context, n int) ([]bot.Ticket, error) {
	rows, err := s.rows(ctx, selectOpen, n)
	if err != nil {
		return nil, fmt.Errorf("store: listing tickets: %w", err)
	}
	defer rows.Close()
	var list []bot.Ticket
	for rows.Next() {
		x, err := scanTicket(rows)
		if err != nil {
			return nil, fmt.Errorf("store: listing tickets: %w", explain(err))
		}
		list = append(list, x)
	}
	return list, explain(rows.Err())
}

// Ticket finds one. See bot.Tickets.
func (s *Store) Ticket(ctx context.Context, id string) (bot.Ticket, error) {
	rows, err := s.rows(ctx, selectTicket, id)
	if err != nil {
		return bot.Ticket{}, fmt.Errorf("store: reading ticket %s: %w", id, err)
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return bot.Ticket{}, fmt.Errorf("store: reading ticket %s: %w", id, explain(err))
		}
		return bot.Ticket{}, fmt.Errorf("%w: ticket %s", bot.ErrGone, id)
	}
	x, err := scanTicket(rows)
	if err != nil {
		return bot.Ticket{}, fmt.Errorf("store: reading ticket %s: %w", id, explain(err))
	}
	return x, nil
}

func scanTicket(rows *sql.Rows) (x bot.Ticket, err error) {
	var pack []byte
	var opened, answered int64
	if err := rows.Scan(&x.ID, &x.Tenant, &x.Case, &x.Person, &x.Name, &x.Lang, &x.Flow, &x.Node, &x.Question, &pack,
		&opened, &answered, &x.By, &x.Answer); err != nil {
		return x, err
	}
	x.Opened, x.Answered = moment(opened), moment(answered)
	return x, json.Unmarshal(pack, &x.Pack)
}

// CloseTicket records the answer. See bot.Tickets.
func (s *Store) CloseTicket(ctx context.Context, id, by, answer string, now time.Time) (first bool, err error) {
	if _, err := s.Ticket(ctx, id); err != nil {
		return false, err
	}
	err = s.writer.write(ctx, []string{id}, func(t *tx) error {
		t.count(closeTicket, func(n int64) { first = n == 1 }, now.UnixMicro(), by, plain(answer), id)
		return nil
	})
	return first && err == nil, err
}

// longestQuestion is how many characters of an unanswered question are kept.
const longestQuestion = 500

// Unanswered counts a question. See bot.Tickets.
func (s *Store) Unanswered(ctx context.Context, tenant, lang, question string, now time.Time) error {
	question = shorten(plain(question), longestQuestion)
	return s.writer.write(ctx, []string{question}, func(t *tx) error {
		t.do(countQuestion, tenant, lang, question, now.UnixMicro())
		return nil
	})
}

// UnansweredTop lists the most frequent ones, over all tenants. See bot.Tickets.
func (s *Store) UnansweredTop(ctx context.Context, n int) ([]bot.Unanswered, error) {
	rows, err := s.rows(ctx, selectQuestions, n)
	if err != nil {
		return nil, fmt.Errorf("store: listing questions: %w", err)
	}
	defer rows.Close()
	var list []bot.Unanswered
	for rows.Next() {
		var x bot.Unanswered
		var latest int64
		if err := rows.Scan(&x.Lang, &x.Question, &x.Count, &latest); err != nil {
			return nil, fmt.Errorf("store: listing questions: %w", explain(err))
		}
		x.Last = moment(latest)
		list = append(list, x)
	}
	return list, explain(rows.Err())
}

// Refusals lists deliveries that were refused, the newest first. See bot.Tickets.
func (s *Store) Refusals(ctx context.Context, n int) ([]bot.Refusal, error) {
	rows, err := s.rows(ctx, selectRefusals, n)
	if err != nil {
		return nil, fmt.Errorf("store: listing refusals: %w", err)
	}
	defer rows.Close()
	var list []bot.Refusal
	for rows.Next() {
		var x bot.Refusal
		var at int64
		var body string
		if err := rows.Scan(&x.ID, &body, &x.Reason, &at); err != nil {
			return nil, fmt.Errorf("store: listing refusals: %w", explain(err))
		}
		d := bot.Delivery{ID: x.ID}
		if err := unfold(body, &d); err != nil {
			return nil, err
		}
		x.Place, x.Text, x.At = d.Place, firstWords(d), moment(at)
		list = append(list, x)
	}
	return list, explain(rows.Err())
}

func firstWords(d bot.Delivery) string {
	switch {
	case d.Call != nil:
		return d.Call.Name
	case d.Echo != nil:
		return shorten(d.Echo.Text, 80)
	}
	return shorten(d.Message.Text, 80)
}

// Replay puts a refused delivery at the end of its place's queue. See bot.Tickets. ErrGone when there is none.
func (s *Store) Replay(ctx context.Context, id string, now time.Time) error {
	e := entry{delivery: bot.Delivery{ID: id}}
	d := &e.delivery
	var decided int64
	err := s.row(ctx, selectRefusal, []any{id}, &d.Tenant, &d.Case, &decided, &e.body)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%w: refusal %s", bot.ErrGone, id)
	}
	if err != nil {
		return fmt.Errorf("store: reading refusal %s: %w", id, err)
	}
	if err := unfold(e.body, d); err != nil {
		return err
	}
	d.Decided = moment(decided)
	e.place = placeOf(d)
	return s.writer.write(ctx, []string{id, e.place}, func(t *tx) error {
		t.must(fmt.Errorf("%w: refusal %s", bot.ErrGone, id), dropRefusal, id)
		e.enqueue(t, e.place, head, now.UnixMicro()) // replacing nothing: what waits is newer
		return nil
	})
}

// shorten keeps the first n characters.
func shorten(text string, n int) string {
	for i := range text {
		if n--; n < 0 {
			return strings.TrimSpace(text[:i]) + "…"
		}
	}
	return text
}

// plain makes a text that both databases take: PostgreSQL refuses NUL and broken UTF-8.
func plain(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}

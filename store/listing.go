package store

import (
	"context"

	"xiaobao/shipment/watch"
)

const selectCase = `
SELECT ` + shipmentColumns + ` FROM shipments s JOIN cases c ON c.id = s.case_id
WHERE s.case_id = $1 AND (c.tenant = $2 OR EXISTS (SELECT 1 FROM members m WHERE m.case_id = c.id AND m.tenant = $2)) ORDER BY s.number LIMIT $3`

// CaseShipments lists what a case watches, by number, at most n. See watch.Lister.
func (s *Store) CaseShipments(ctx context.Context, tenant, caseID string, n int) ([]watch.Watched, error) {
	return s.watched(ctx, selectCase, caseID, tenant, n)
}

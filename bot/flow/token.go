package flow

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"time"
)

var zeroTime time.Time

func itoa(n int) string { return strconv.Itoa(n) }

var tokenText = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// token makes a short opaque name from the case's seed. It names and proves nothing: authority is read from the state.
func (t *turn) token(parts ...string) string {
	h := sha256.New()
	h.Write([]byte(t.s.Seed))
	for _, p := range parts {
		h.Write([]byte{0})
		h.Write([]byte(p))
	}
	var sum [sha256.Size]byte
	return tokenText.EncodeToString(h.Sum(sum[:0])[:8])
}

// newID makes an id that is unique in the case and the same when the same turn is thought again.
func (t *turn) newID(kind string) string {
	t.made++
	return t.token(kind, itoa(t.s.Turn), itoa(t.made))
}

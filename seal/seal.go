// Package seal encrypts what must not be readable in the database or in a copy of it: tokens and secrets that others
// entrusted to this installation. The key comes from the environment and stands nowhere else.
//
// What is sealed belongs to one name, such as tenant, kind and id: moved to another row it does not open.
//
//	key id . base64( nonce, AES-256-GCM of the text, bound to the name )
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Errors that somebody asks for.
var (
	ErrNoKey  = errors.New("seal: it was sealed with another key")
	ErrBroken = errors.New("seal: it was changed, or belongs to something else")
)

// shortest is how many bytes a secret must have: a sentence or a line of `openssl rand -base64 32`.
const shortest = 16

// A Ring holds the keys: the first one seals, all of them open.
type Ring struct{ keys []key }

type key struct {
	id   string
	aead cipher.AEAD
}

// NewRing makes keys from secrets of at least 16 bytes each. A new secret is put in front of the old one, which is taken away when everything
// was sealed again.
func NewRing(secrets ...string) (*Ring, error) {
	r := &Ring{}
	for _, s := range secrets {
		s = strings.TrimSpace(s)
		if len(s) < shortest {
			return nil, fmt.Errorf("seal: a key of %d bytes is too short: at least %d, better the output of openssl rand -base64 32", len(s), shortest)
		}
		derived, err := hkdf.Key(sha256.New, []byte(s), nil, "xiaobao seal 1", 32+6)
		if err != nil {
			return nil, fmt.Errorf("seal: make a key: %w", err)
		}
		block, err := aes.NewCipher(derived[:32])
		if err != nil {
			return nil, fmt.Errorf("seal: make a key: %w", err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("seal: make a key: %w", err)
		}
		r.keys = append(r.keys, key{base64.RawURLEncoding.EncodeToString(derived[32:]), aead})
	}
	if len(r.keys) == 0 {
		return nil, errors.New("seal: no key")
	}
	return r, nil
}

// Seal encrypts text for the name that the parts make together. The same text is sealed differently every time.
func (r *Ring) Seal(text []byte, name ...string) string {
	k := r.keys[0]
	return k.id + "." + base64.RawURLEncoding.EncodeToString(k.aead.Seal(nil, nil, text, bound(name)))
}

// Open decrypts what Seal made for the same name. It returns ErrNoKey when the key is not in the ring and ErrBroken for everything
// else that does not open.
func (r *Ring) Open(sealed string, name ...string) ([]byte, error) {
	id, body, _ := strings.Cut(sealed, ".")
	for _, k := range r.keys {
		if k.id != id {
			continue
		}
		data, err := base64.RawURLEncoding.DecodeString(body)
		if err != nil {
			return nil, ErrBroken
		}
		text, err := k.aead.Open(nil, nil, data, bound(name))
		if err != nil {
			return nil, ErrBroken
		}
		return text, nil
	}
	return nil, ErrNoKey
}

// Stale says whether something is sealed with a key that is not the first any more: seal it again.
func (r *Ring) Stale(sealed string) bool {
	id, _, _ := strings.Cut(sealed, ".")
	return id != r.keys[0].id
}

// bound writes a name so that no two names are written alike.
func bound(name []string) []byte {
	var b []byte
	for _, part := range name {
		b = strconv.AppendInt(b, int64(len(part)), 10)
		b = append(b, '|')
		b = append(b, part...)
	}
	return b
}

package admin

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

const sessionCookie = "xiaobao_admin"

// guard lets in whoever typed the token. Without a token it lets in only what comes from this machine to this machine: the
// connection, the name that was asked for, and nothing that a proxy adds. So a tunnel or a proxy in front of the server
// does not open the pages to the world by accident.
func (p *pages) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case p.Token == "" && local(r), p.Token != "" && p.inside(r):
			next.ServeHTTP(w, r)
		case p.Token == "":
			p.fail(w, r, http.StatusForbidden, "closed")
		default:
			p.show(w, r, "login.html", view{Status: http.StatusUnauthorized})
		}
	})
}

func local(r *http.Request) bool {
	for _, h := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if r.Header.Get(h) != "" {
			return false
		}
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !from.Addr().Unmap().IsLoopback() {
		return false
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

func (p *pages) inside(r *http.Request) bool {
	c, err := r.Cookie(sessionCookie)
	return err == nil && subtle.ConstantTimeCompare([]byte(c.Value), []byte(p.session())) == 1
}

// session is what the browser keeps: it follows from the token, does not give it away, and ends when the token is changed.
func (p *pages) session() string {
	mac := hmac.New(sha256.New, []byte(p.Token))
	mac.Write([]byte("xiaobao admin session"))
	return hex.EncodeToString(mac.Sum(nil))
}

func (p *pages) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	if !p.tries.AllowN(p.Now(), 1) {
		p.show(w, r, "login.html", view{Status: http.StatusTooManyRequests, Wrong: "login_slow"})
		return
	}
	a, b := sha256.Sum256([]byte(strings.TrimSpace(r.PostFormValue("token")))), sha256.Sum256([]byte(p.Token))
	if p.Token == "" || subtle.ConstantTimeCompare(a[:], b[:]) != 1 {
		p.Logger.Warn("admin: a wrong token", "from", r.RemoteAddr)
		p.show(w, r, "login.html", view{Status: http.StatusUnauthorized, Wrong: "login_wrong"})
		return
	}
	setCookie(w, r, sessionCookie, p.session(), 12*3600)
	http.Redirect(w, r, Root, http.StatusSeeOther)
}

func (p *pages) logout(w http.ResponseWriter, r *http.Request) {
	setCookie(w, r, sessionCookie, "", -1)
	http.Redirect(w, r, Root, http.StatusSeeOther)
}

func setCookie(w http.ResponseWriter, r *http.Request, name, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/admin", MaxAge: seconds,
		HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode,
	})
}

func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

package account

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// tokenBytes is the size of a refresh token: 256 bits cannot be guessed.
const tokenBytes = 32

// newRefreshToken returns the first token of a session.
func newRefreshToken() string {
	b := make([]byte, tokenBytes)
	_, _ = rand.Read(b) // It never fails: it ends the program instead.
	return base64.RawURLEncoding.EncodeToString(b)
}

// successor returns the token that follows token. It is derived and not random, so that a lost response can
// be repeated although the database stores only hashes. Without the server's secret it is indistinguishable
// from a random one.
func (s *Service) successor(token string) string {
	mac := hmac.New(sha256.New, s.cfg.JWTSecret)
	mac.Write([]byte("refresh successor"))
	mac.Write([]byte(token))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// hashOf is the stored form of a token. Tokens are random, so they need no salt and no slow hash.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

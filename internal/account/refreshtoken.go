package account

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// tokenBytes is the size of a refresh token: 256 bits, beyond guessing.
const tokenBytes = 32

// newRefreshToken returns the first token of a session.
func newRefreshToken() string {
	b := make([]byte, tokenBytes)
	_, _ = rand.Read(b) // It never fails: it ends the program instead.
	return base64.RawURLEncoding.EncodeToString(b)
}

// successor returns the token that follows token. It is derived, not drawn, so that an answer that
// got lost can be given again though the database keeps hashes alone. Without the server's
// secret it cannot be told from a random one.
func (s *Service) successor(token string) string {
	mac := hmac.New(sha256.New, s.cfg.JWTSecret)
	mac.Write([]byte("refresh successor"))
	mac.Write([]byte(token))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// hashOf is what the database keeps of a token. The token is random, so it needs no salt.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

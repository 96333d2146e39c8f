package firebaseauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// issuerPrefix begins the issuer of ID tokens; the project follows.
const issuerPrefix = "https://securetoken.google.com/"

// errNotOurs is what a token is that was not signed for this project.
var errNotOurs = errors.New("firebaseauth: no ID token of this project")

// token holds the claims of an ID token. A claim of another type than here makes it invalid.
type token struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	Subject  string `json:"sub"`
	Expires  int64  `json:"exp"`
	IssuedAt int64  `json:"iat"`
	AuthTime int64  `json:"auth_time"`
	Firebase struct {
		SignInProvider string `json:"sign_in_provider"`
		Tenant         string `json:"tenant"`
	} `json:"firebase"`

	// claims are all claims, of any type.
	claims map[string]any
}

// parse checks the signature, the audience and the issuer of a token. Times and the way to sign in are judged later.
func (v *Verifier) parse(raw string) (token, error) {
	parser := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}), jwt.WithoutClaimsValidation())
	claims := jwt.MapClaims{}
	var err error
	if v.cfg.Emulator {
		_, _, err = parser.ParseUnverified(raw, claims)
	} else {
		_, err = parser.ParseWithClaims(raw, claims, v.keyOf)
	}
	if err != nil {
		return token{}, fmt.Errorf("%w: %w", errNotOurs, err)
	}
	payload, err := parser.DecodeSegment(strings.Split(raw, ".")[1])
	if err != nil {
		return token{}, fmt.Errorf("%w: %w", errNotOurs, err)
	}
	t := token{claims: claims}
	if err := json.Unmarshal(payload, &t); err != nil {
		return token{}, fmt.Errorf("%w: %w", errNotOurs, err)
	}
	if t.Audience != v.cfg.ProjectID || t.Issuer != issuerPrefix+v.cfg.ProjectID {
		return token{}, errNotOurs
	}
	return t, nil
}

// keyOf implements jwt.Keyfunc by the key that a token names. No key is tried that it does not name.
func (v *Verifier) keyOf(t *jwt.Token) (any, error) {
	kid, _ := t.Header["kid"].(string)
	key := v.keys.key(kid)
	if key == nil {
		return nil, errors.New("firebaseauth: no such key")
	}
	return key, nil
}

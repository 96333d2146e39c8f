// Package client is a small client of WEAV's API, written against its public contract only: queries over
// HTTP, subscriptions over graphql-transport-ws. The demo and the tests use the server through it.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Client calls one server as one user.
type Client struct {
	// URL is the GraphQL endpoint, http://…/graphql.
	URL string
	// Token is the access token or an API key; empty for none.
	Token string
	// HTTP sends the requests; nil for the default client.
	HTTP *http.Client
}

// do sends a request.
func (c *Client) do(req *http.Request) (*http.Response, error) {
	if c.HTTP != nil {
		return c.HTTP.Do(req)
	}
	return http.DefaultClient.Do(req)
}

// Errors are the top-level errors of a response.
type Errors []Error

// Error is one of them.
type Error struct {
	Message    string         `json:"message"`
	Path       []any          `json:"path,omitempty"`
	Extensions map[string]any `json:"extensions,omitempty"`
}

// Code is the error's extensions.code.
func (e Error) Code() string {
	code, _ := e.Extensions["code"].(string)
	return code
}

// Error implements error.
func (es Errors) Error() string {
	if len(es) == 0 {
		return "no error"
	}
	return fmt.Sprintf("%s: %s", es[0].Code(), es[0].Message)
}

// CodeOf is the code of the first error of a response; "" for none.
func CodeOf(err error) string {
	var es Errors
	if errors.As(err, &es) && len(es) > 0 {
		return es[0].Code()
	}
	return ""
}

// Request is an operation.
type Request struct {
	Query     string         `json:"query"`
	Variables map[string]any `json:"variables,omitempty"`
}

// response is the form of both transports' answers.
type response struct {
	Data   json.RawMessage `json:"data"`
	Errors Errors          `json:"errors"`
}

// Do runs a query or mutation and reads its data into out, which may be nil.
func (c *Client) Do(ctx context.Context, query string, variables map[string]any, out any) error {
	body, err := json.Marshal(Request{Query: query, Variables: variables})
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/graphql-response+json")
	req.Header.Set("Accept-Language", "en") // Its output is English, so the accounts it creates are too.
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	res, err := c.do(req)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	return decode(raw, out)
}

// decode reads a response's data into out; a response with errors is an Errors.
func decode(raw []byte, out any) error {
	var r response
	if err := json.Unmarshal(raw, &r); err != nil {
		return fmt.Errorf("client: not a GraphQL response: %w", err)
	}
	if len(r.Errors) > 0 {
		return r.Errors
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(r.Data, out); err != nil {
		return fmt.Errorf("client: %w", err)
	}
	return nil
}

// Tokens are a session's.
type Tokens struct {
	AccessToken          string
	RefreshToken         string
	AccessTokenExpiresAt time.Time
}

// SignIn signs in with a dev identity and stores the access token in c.
func (c *Client) SignIn(ctx context.Context, email string) (Tokens, error) {
	var out struct {
		SignIn struct {
			Tokens     *Tokens
			UserErrors []struct{ Message string }
		}
	}
	err := c.Do(ctx, `mutation ($email: String!) { signIn(input: {identity: {dev: {email: $email}}}) {
		tokens { accessToken refreshToken accessTokenExpiresAt } userErrors { message } } }`, map[string]any{"email": email}, &out)
	if err != nil {
		return Tokens{}, err
	}
	if out.SignIn.Tokens == nil {
		return Tokens{}, fmt.Errorf("client: sign-in refused: %+v", out.SignIn.UserErrors)
	}
	c.Token = out.SignIn.Tokens.AccessToken
	return *out.SignIn.Tokens, nil
}

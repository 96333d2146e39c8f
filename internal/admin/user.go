package admin

import (
	"context"
	"strings"
	"unicode/utf8"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
)

const (
	// usersKind binds cursors to the list of users.
	usersKind = "administration.users"
	// maxAddress is the longest address in characters (RFC 5321), and so the longest prefix of one.
	maxAddress = 254
)

// UserCursor is the position of a user in the list of users, which begins with the newest.
func UserCursor(u *ent.User) string { return page.Encode(usersKind, u.ID.String()) }

// UserFilter selects users. All given fields must match; nil matches every user.
type UserFilter struct {
	// Email is a prefix of an address, in any case; 1 to 254 characters.
	Email *string
	ID    *string
}

// Users returns a page of users, the newest first.
func (s *Service) Users(ctx context.Context, f UserFilter, args page.Args) (*page.Result[*ent.User], error) {
	w, err := page.Parse(usersKind, args)
	if err != nil {
		return nil, err
	}
	q := s.Store.Client().User.Query().Order(user.ByID(sql.OrderDesc()))
	if f.Email != nil {
		if !isBeginning(*f.Email) {
			return nil, errs.New(errs.BadUserInput, "`email` must be from 1 to %d characters.", maxAddress).With("argument", "email")
		}
		q.Where(emailBegins(strings.ToLower(*f.Email)))
	}
	of, err := parseUser(f.ID)
	if err != nil {
		return nil, err
	}
	if of != nil {
		q.Where(user.ID(*of))
	}
	if w.After != nil {
		after, err := page.ID[oid.User]("after", w.After)
		if err != nil {
			return nil, err
		}
		q.Where(user.IDLT(after))
	}
	rows, err := q.Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, wrap("list people", err)
	}
	return page.Of(rows, w), s.checkUser(ctx, of, len(rows))
}

// isBeginning reports whether a text may be the prefix of an address. Postgres refuses invalid UTF-8 and NUL.
func isBeginning(email string) bool {
	n := utf8.RuneCountInString(email)
	return n >= 1 && n <= maxAddress && utf8.ValidString(email) && !strings.ContainsRune(email, 0)
}

// emailBegins matches addresses by their prefix, in the form for which each database uses its index.
// Addresses are stored in lower case. SQLite's LIKE ignores case and so does not use the index. Postgres uses
// it for LIKE, whose index compares bytes.
func emailBegins(beginning string) func(*sql.Selector) {
	return func(s *sql.Selector) {
		email := s.C(user.FieldEmail)
		if s.Dialect() == dialect.Postgres {
			s.Where(sql.HasPrefix(email, beginning))
			return
		}
		s.Where(sql.And(sql.GTE(email, beginning), sql.LT(email, beginning+string(utf8.MaxRune))))
	}
}

// parseUser parses a filter's id; nil for none.
func parseUser(id *string) (*oid.User, error) {
	if id == nil {
		return nil, nil
	}
	uid, err := oid.Parse[oid.User](*id)
	if err != nil {
		return nil, errNotFound()
	}
	return &uid, nil
}

// checkUser distinguishes the empty list of a user from the list of an unknown one, which is NOT_FOUND. A
// user with entries is not looked up, and may have been deleted.
func (s *Service) checkUser(ctx context.Context, of *oid.User, entries int) error {
	if of == nil || entries > 0 {
		return nil
	}
	exists, err := s.Store.Client().User.Query().Where(user.ID(*of)).Exist(ctx)
	if err == nil && !exists {
		return errNotFound()
	}
	return wrap("look for a person", err)
}

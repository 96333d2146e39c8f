package app

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/oid"
)

// loadMemberships reads what can be had.
func (a *App) loadMemberships() error {
	s := membership.Settings{Billing: a.cfg.Billing, Name: a.cfg.PlansFile}
	if a.cfg.PlansFile != "" {
		raw, err := os.ReadFile(a.cfg.PlansFile)
		if err != nil {
			return fmt.Errorf("PLANS_FILE cannot be read: %w", err)
		}
		s.File = raw
	}
	var err error
	a.memberships, err = membership.Load(s)
	return err
}

// role looks a person up with each request: address and role may have changed.
func (a *App) role(ctx context.Context, id oid.User) (user.Role, error) {
	people, err := a.accounts.Users(ctx, []oid.User{id})
	if err != nil || len(people) == 0 {
		return user.RoleMember, err
	}
	return a.roleOf(people[0]), nil
}

// roleOf is the role that an account was given; the addresses of ADMIN_EMAILS are ADMIN, so that there is a first one. An
// address that the identity provider does not vouch for is nobody's.
func (a *App) roleOf(u *ent.User) user.Role {
	first := u.Email != nil && u.IsEmailVerified && slices.ContainsFunc(a.cfg.AdminEmails, func(e string) bool { return strings.EqualFold(e, *u.Email) })
	if first {
		return user.RoleAdmin
	}
	return u.Role
}

// administrates says whether somebody may see the operators' pages.
func (a *App) administrates(ctx context.Context, id oid.User) (bool, error) {
	role, err := a.role(ctx, id)
	return role == user.RoleAdmin, err
}

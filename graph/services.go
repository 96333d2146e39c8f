package graph

import (
	"context"

	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/admin"
	"github.com/weav-ai/weav/internal/apikey"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/export"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/folder"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/modelcheck"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/planner"
	"github.com/weav-ai/weav/internal/providerkey"
	"github.com/weav-ai/weav/internal/usage"
)

// Services are the domains behind the graph.
type Services struct {
	Accounts *account.Service
	APIKeys  *apikey.Service
	Folders  *folder.Service
	Chats    *chat.Service
	Files    *file.Service
	Exports  *export.Service
	OwnKeys  *providerkey.Service
	Jobs     *job.Service
	Plans    *planner.Service
	Feed     *feed.Feed
	Catalog  *catalog.Catalog
	Models   *modelcheck.Service
	// Memberships are the plans on offer. Ledger has the quota that is left.
	Memberships *membership.Plans
	Ledger      *usage.Ledger
	Billing     *billing.Service
	// Administration serves users with the role SUPPORT or ADMIN.
	Administration *admin.Service
	// Role returns the role of a user, settings included.
	Role func(ctx context.Context, user oid.User) (user.Role, error)
}

// Info is the part of serverInfo that the settings decide.
type Info struct {
	Version       string
	SignInMethods []SignInMethod
	// QuotaTimeZone is where days and months of quotas begin.
	QuotaTimeZone string
	Limits        ServerLimits
}

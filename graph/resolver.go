package graph

import (
	"context"

	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/folder"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/modelcheck"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/planner"
)

// Services are the domains behind the graph.
type Services struct {
	Accounts *account.Service
	Folders  *folder.Service
	Chats    *chat.Service
	Files    *file.Service
	Jobs     *job.Service
	Plans    *planner.Service
	Feed     *feed.Feed
	Catalog  *catalog.Catalog
	Models   *modelcheck.Service
	// IsOperator says whether somebody may see what is for operators.
	IsOperator func(ctx context.Context, user oid.User) (bool, error)
}

// Resolver is the root of all resolvers.
type Resolver struct {
	s    Services
	info Info
}

type (
	chatResolver          struct{ *Resolver }
	folderResolver        struct{ *Resolver }
	artifactResolver      struct{ *Resolver }
	fileResolver          struct{ *Resolver }
	jobResolver           struct{ *Resolver }
	shareLinkResolver     struct{ *Resolver }
	messageResolver       struct{ *Resolver }
	modelResolver         struct{ *Resolver }
	planArgumentsResolver struct{ *Resolver }
	planResolver          struct{ *Resolver }
	planStepResolver      struct{ *Resolver }
	mutationResolver      struct{ *Resolver }
	queryResolver         struct{ *Resolver }
	sessionResolver       struct{ *Resolver }
	subscriptionResolver  struct{ *Resolver }
	userResolver          struct{ *Resolver }
)

// Chat returns the resolvers of Chat.
func (r *Resolver) Chat() ChatResolver { return &chatResolver{r} }

// Folder returns the resolvers of Folder.
func (r *Resolver) Folder() FolderResolver { return &folderResolver{r} }

// Artifact returns the resolvers of Artifact.
func (r *Resolver) Artifact() ArtifactResolver { return &artifactResolver{r} }

// File returns the resolvers of File.
func (r *Resolver) File() FileResolver { return &fileResolver{r} }

// Job returns the resolvers of Job.
func (r *Resolver) Job() JobResolver { return &jobResolver{r} }

// ShareLink returns the resolvers of ShareLink.
func (r *Resolver) ShareLink() ShareLinkResolver { return &shareLinkResolver{r} }

// Message returns the resolvers of Message.
func (r *Resolver) Message() MessageResolver { return &messageResolver{r} }

// Model returns the resolvers of Model.
func (r *Resolver) Model() ModelResolver { return &modelResolver{r} }

// Plan returns the resolvers of Plan.
func (r *Resolver) Plan() PlanResolver { return &planResolver{r} }

// PlanJobArguments returns the resolvers of PlanJobArguments.
func (r *Resolver) PlanJobArguments() PlanJobArgumentsResolver { return &planArgumentsResolver{r} }

// PlanStep returns the resolvers of PlanStep.
func (r *Resolver) PlanStep() PlanStepResolver { return &planStepResolver{r} }

// Mutation returns the resolvers of Mutation.
func (r *Resolver) Mutation() MutationResolver { return &mutationResolver{r} }

// Query returns the resolvers of Query.
func (r *Resolver) Query() QueryResolver { return &queryResolver{r} }

// Session returns the resolvers of Session.
func (r *Resolver) Session() SessionResolver { return &sessionResolver{r} }

// Subscription returns the resolvers of Subscription.
func (r *Resolver) Subscription() SubscriptionResolver { return &subscriptionResolver{r} }

// User returns the resolvers of User.
func (r *Resolver) User() UserResolver { return &userResolver{r} }

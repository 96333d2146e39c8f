package graph

// Resolver is the root of all resolvers.
type Resolver struct {
	s    Services
	info Info
}

type (
	chatResolver           struct{ *Resolver }
	accountResolver        struct{ *Resolver }
	accountJobResolver     struct{ *Resolver }
	accountPaymentResolver struct{ *Resolver }
	administrationResolver struct{ *Resolver }
	apiKeyResolver         struct{ *Resolver }
	auditEntryResolver     struct{ *Resolver }
	providerKeyResolver    struct{ *Resolver }
	membershipResolver     struct{ *Resolver }
	membershipPlanResolver struct{ *Resolver }
	paymentResolver        struct{ *Resolver }
	paymentSavedResolver   struct{ *Resolver }
	paymentStepResolver    struct{ *Resolver }
	quotaChangedResolver   struct{ *Resolver }
	folderResolver         struct{ *Resolver }
	artifactResolver       struct{ *Resolver }
	fileResolver           struct{ *Resolver }
	jobResolver            struct{ *Resolver }
	jobFailureResolver     struct{ *Resolver }
	modelWarningResolver   struct{ *Resolver }
	replyFailureResolver   struct{ *Resolver }
	shareLinkResolver      struct{ *Resolver }
	messageResolver        struct{ *Resolver }
	modelResolver          struct{ *Resolver }
	planArgumentsResolver  struct{ *Resolver }
	planResolver           struct{ *Resolver }
	planStepResolver       struct{ *Resolver }
	mutationResolver       struct{ *Resolver }
	queryResolver          struct{ *Resolver }
	sessionResolver        struct{ *Resolver }
	stopReceiptResolver    struct{ *Resolver }
	subscriptionResolver   struct{ *Resolver }
	usageReportResolver    struct{ *Resolver }
	usageRowResolver       struct{ *Resolver }
	userResolver           struct{ *Resolver }
)

// Chat returns the resolvers of Chat.
func (r *Resolver) Chat() ChatResolver { return &chatResolver{r} }

// Folder returns the resolvers of Folder.
func (r *Resolver) Folder() FolderResolver { return &folderResolver{r} }

// Artifact returns the resolvers of Artifact.
func (r *Resolver) Artifact() ArtifactResolver { return &artifactResolver{r} }

// File returns the resolvers of File.
func (r *Resolver) File() FileResolver { return &fileResolver{r} }

// JobFailure returns the resolvers of JobFailure.
func (r *Resolver) JobFailure() JobFailureResolver { return &jobFailureResolver{r} }

// ModelWarning returns the resolvers of ModelWarning.
func (r *Resolver) ModelWarning() ModelWarningResolver { return &modelWarningResolver{r} }

// ReplyFailure returns the resolvers of ReplyFailure.
func (r *Resolver) ReplyFailure() ReplyFailureResolver { return &replyFailureResolver{r} }

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

// ProviderKey returns the resolvers of ProviderKey.
func (r *Resolver) ProviderKey() ProviderKeyResolver { return &providerKeyResolver{r} }

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

// Account returns the resolvers of Account.
func (r *Resolver) Account() AccountResolver { return &accountResolver{r} }

// AccountJob returns the resolvers of AccountJob.
func (r *Resolver) AccountJob() AccountJobResolver { return &accountJobResolver{r} }

// AccountPayment returns the resolvers of AccountPayment.
func (r *Resolver) AccountPayment() AccountPaymentResolver { return &accountPaymentResolver{r} }

// Administration returns the resolvers of Administration.
func (r *Resolver) Administration() AdministrationResolver { return &administrationResolver{r} }

// ApiKey returns the resolvers of ApiKey.
func (r *Resolver) ApiKey() ApiKeyResolver { return &apiKeyResolver{r} }

// AuditEntry returns the resolvers of AuditEntry.
func (r *Resolver) AuditEntry() AuditEntryResolver { return &auditEntryResolver{r} }

// Membership returns the resolvers of Membership.
func (r *Resolver) Membership() MembershipResolver { return &membershipResolver{r} }

// MembershipPlan returns the resolvers of MembershipPlan.
func (r *Resolver) MembershipPlan() MembershipPlanResolver { return &membershipPlanResolver{r} }

// Payment returns the resolvers of Payment.
func (r *Resolver) Payment() PaymentResolver { return &paymentResolver{r} }

// PaymentSaved returns the resolvers of PaymentSaved.
func (r *Resolver) PaymentSaved() PaymentSavedResolver { return &paymentSavedResolver{r} }

// PaymentStep returns the resolvers of PaymentStep.
func (r *Resolver) PaymentStep() PaymentStepResolver { return &paymentStepResolver{r} }

// QuotaChanged returns the resolvers of QuotaChanged.
func (r *Resolver) QuotaChanged() QuotaChangedResolver { return &quotaChangedResolver{r} }

// UsageReport returns the resolvers of UsageReport.
func (r *Resolver) UsageReport() UsageReportResolver { return &usageReportResolver{r} }

// UsageRow returns the resolvers of UsageRow.
func (r *Resolver) UsageRow() UsageRowResolver { return &usageRowResolver{r} }

// StopReceipt returns the resolvers of StopReceipt.
func (r *Resolver) StopReceipt() StopReceiptResolver { return &stopReceiptResolver{r} }

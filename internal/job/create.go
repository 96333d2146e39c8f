package job

import (
	"context"
	"fmt"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/jobstep"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/usage"
)

// CreateInput is a job to order.
type CreateInput struct {
	Work   Work
	ChatID *string
	IfHead chat.Expect
	// StoreResult false keeps the result for Config.Unstored only.
	StoreResult bool
	OnLimit     OnLimit
	// MaxCost refuses a job that may cost more; nil for no limit.
	MaxCost *usage.Money `json:",omitempty"`
	Key     string
}

// RetryInput orders the same as an ended job again.
type RetryInput struct {
	JobID   string
	OnLimit OnLimit
	// MaxCost refuses a job that may cost more; nil for no limit.
	MaxCost *usage.Money `json:",omitempty"`
	Key     string
}

// placing is an order with where it belongs.
type placing struct {
	order
	chat        *string
	ifHead      chat.Expect
	storeResult bool
	onLimit     OnLimit
	retryOf     *oid.Job
	resumes     *ent.Job       // whose order at the provider it takes over; nil for none
	internal    *InternalOrder // of a composer's job
	maxCost     *usage.Money
}

// Create orders a job, in one transaction with its turn in the chat and its place in the queue.
func (s *Service) Create(ctx context.Context, user oid.User, in CreateInput) (*ent.Job, error) {
	var id oid.Job
	key := store.Key{User: user, Key: in.Key, Input: in}
	_, err := s.store.Once(ctx, key, &id, func(ctx context.Context, tx *store.Tx) error {
		var err error
		id, err = s.Order(ctx, tx, user, in)
		return err
	})
	if err != nil {
		return nil, err
	}
	return found(s.store.Client().Job.Query().Where(entjob.ID(id), entjob.UserID(user)).Only(ctx))
}

// Order orders a job in the caller's transaction, which knows about repetition: in.Key is not looked at.
func (s *Service) Order(ctx context.Context, tx *store.Tx, user oid.User, in CreateInput) (oid.Job, error) {
	o, err := s.check(in.Work)
	if err != nil {
		return oid.Job{}, err
	}
	if in.ChatID != nil && !in.StoreResult {
		return oid.Job{}, errs.Input(errs.InvalidValue, "storeResult", "What a chat shows is kept. Leave out `chatId`, or store the result.")
	}
	if in.ChatID == nil && in.IfHead.Set && in.IfHead.Head != nil {
		return oid.Job{}, errs.Input(errs.InvalidValue, "ifHead", "There is no head without a chat. Leave out `ifHead`, or give `chatId`.")
	}
	return s.place(ctx, tx, user, placing{order: o, chat: in.ChatID, ifHead: in.IfHead, storeResult: in.StoreResult, onLimit: in.OnLimit, maxCost: in.MaxCost})
}

// Retry orders the same again as a new job. Of a video that the provider has made, or still makes, the new job goes on
// from the order of the old one instead, as long as the provider keeps it: that is charged once, when it completes.
func (s *Service) Retry(ctx context.Context, user oid.User, in RetryInput) (*ent.Job, error) {
	var id oid.Job
	key := store.Key{User: user, Key: in.Key, Input: in}
	_, err := s.store.Once(ctx, key, &id, func(ctx context.Context, tx *store.Tx) (err error) {
		id, err = s.reorder(ctx, tx, user, in)
		return err
	})
	if err != nil {
		return nil, err
	}
	return found(s.store.Client().Job.Query().Where(entjob.ID(id), entjob.UserID(user)).Only(ctx))
}

func (s *Service) reorder(ctx context.Context, tx *store.Tx, user oid.User, in RetryInput) (oid.Job, error) {
	old, err := s.own(ctx, tx.Client(), user, in.JobID)
	if err != nil {
		return oid.Job{}, err
	}
	if unfinished(old.Status) {
		return oid.Job{}, errs.Input(errs.InvalidValue, "jobId", "This job has not ended. Wait for it, or cancel it first.")
	}
	last, err := s.lastOf(ctx, tx.Client(), old)
	if err != nil {
		return oid.Job{}, err
	}
	if unfinished(last.Status) {
		return oid.Job{}, errs.Input(errs.InvalidValue, "jobId", "A retry already goes on with what this job paid for. Wait for it, or cancel it first.")
	}
	p, err := s.continued(last, old.ID)
	if err != nil {
		return oid.Job{}, err
	}
	if p == nil {
		fresh, err := s.repeated(ctx, old)
		if err != nil {
			return oid.Job{}, err
		}
		p = &fresh
	}
	p.onLimit, p.maxCost = in.OnLimit, in.MaxCost
	return s.place(ctx, tx, user, *p)
}

// repeated is the order of a job that ended. Its model may have been retired since.
func (s *Service) repeated(ctx context.Context, old *ent.Job) (placing, error) {
	if old.Kind == entjob.KindExport {
		if p, ok := auth.From(ctx); ok && p.Grant != nil {
			return placing{}, errs.New(errs.Forbidden, "An API key cannot do this. Sign in.")
		}
		return repeatedExport(old), nil
	}
	kind := catalog.Kind(old.Kind)
	if isInternal(old.Kind) {
		kind = catalog.Text
	}
	m, err := s.catalog.Usable(kind, old.Model)
	if faults, ok := errs.InputOf(err); ok {
		for i := range faults {
			faults[i].Path = []string{"input", "jobId"}
		}
		return placing{}, faults
	}
	if err != nil {
		return placing{}, err
	}
	if isInternal(old.Kind) {
		return placing{
			order:       order{kind: old.Kind, model: m, args: old.Arguments},
			internal:    &InternalOrder{Chat: old.ChatID, Plan: old.PlanID},
			storeResult: true, retryOf: &old.ID,
		}, nil
	}
	return s.sameOrder(old, m)
}

// sameOrder is the order of a text, an image or a video once more.
func (s *Service) sameOrder(old *ent.Job, m catalog.Model) (placing, error) {
	prompt, err := promptOf(old)
	if err != nil {
		return placing{}, err
	}
	p := placing{
		order:       order{kind: old.Kind, model: m, prompt: prompt, args: old.Arguments},
		storeResult: old.StoreResult, retryOf: &old.ID,
	}
	if old.ChatID != nil {
		id := old.ChatID.String()
		p.chat = &id
	}
	return p, nil
}

// promptOf is what a job was asked for.
func promptOf(j *ent.Job) (string, error) {
	args, err := read[struct {
		Prompt string `json:"prompt"`
	}](j)
	if err != nil {
		return "", err
	}
	return args.Prompt, nil
}

// place stores an order: it takes one of the person's places or waits for one.
func (s *Service) place(ctx context.Context, tx *store.Tx, user oid.User, p placing) (oid.Job, error) {
	waits, err := s.admit(ctx, tx, user, p)
	if err != nil {
		return oid.Job{}, err
	}
	if p.args, err = bounded(ctx, p.order); err != nil {
		return oid.Job{}, err
	}
	id, run := oid.New[oid.Job](), oid.New[oid.Run]()
	create := tx.Client().Job.Create().SetID(id).SetUserID(user).SetKind(p.kind).
		SetModel(p.model.ID).SetProvider(p.model.Provider).SetArguments(p.args).
		SetNillableRetryOfID(p.retryOf).SetStoreResult(p.storeResult).
		SetIsWaiting(waits).SetRunID(run).SetCreatedAt(store.Now()).SetUpdatedAt(store.Now()).
		SetPhase(phaseQueued)
	if waits {
		create.SetPhase(phaseWaiting)
	} else {
		create.SetQueuedAt(store.Now())
	}
	p.resuming(create)
	if c := p.internal; c != nil {
		create.SetNillableChatID(c.Chat).SetNillablePlanID(c.Plan)
	} else if err := s.addTurn(ctx, tx, user, id, p, create); err != nil {
		return oid.Job{}, err
	}
	held, err := s.hold(ctx, tx, user, run, p)
	if err != nil {
		return oid.Job{}, err
	}
	j, err := create.SetIsOwnKey(held.IsOwnKey).SetPriority(held.Priority()).Save(ctx)
	if err != nil {
		return oid.Job{}, fmt.Errorf("job: create: %w", err)
	}
	if p.resumes != nil {
		if err := s.takeOverOrder(ctx, tx, p.resumes, id); err != nil {
			return oid.Job{}, err
		}
	}
	return id, s.announce(ctx, tx, j)
}

// admit makes sure that the person may order another job, and reports whether it must wait. A quote needs no place.
func (s *Service) admit(ctx context.Context, tx *store.Tx, user oid.User, p placing) (waits bool, err error) {
	if usage.IsQuoting(ctx) {
		return false, tx.LockUser(ctx, user)
	}
	if p.internal != nil {
		if p.kind == entjob.KindExport {
			return false, s.takeExport(ctx, tx, user, p.retryOf != nil)
		}
		return false, s.checkInternal(ctx, tx, user)
	}
	return s.takePlace(ctx, tx, user, p.onLimit)
}

// addTurn puts the prompt and the message that will show the result into the chat. A chat that was
// deleted since its job was ordered is left out of a retry.
func (s *Service) addTurn(ctx context.Context, tx *store.Tx, user oid.User, id oid.Job, p placing, create *ent.JobCreate) error {
	if p.chat == nil {
		return nil
	}
	most, err := p.resultTokens()
	if err != nil {
		return err
	}
	turn, err := s.chats.AddJobTurn(ctx, tx, user, chat.JobTurn{
		ChatID: *p.chat, IfHead: p.ifHead, Job: id, Prompt: p.prompt, Model: p.model.ID, Most: most,
	})
	if p.retryOf != nil && errs.CodeOf(err) == errs.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	create.SetChatID(turn.ChatID).SetMessageID(turn.ID)
	return nil
}

// announce writes the beginning of a job's timeline, and enqueues what need not wait.
func (s *Service) announce(ctx context.Context, tx *store.Tx, j *ent.Job) error {
	second := jobstep.TypeQueued
	if j.IsWaiting {
		second = jobstep.TypeWaiting
	} else {
		tx.Enqueue(runJob(j, j.RunID))
	}
	recordSaved(tx, j)
	return wrap("timeline", tx.Client().JobStep.CreateBulk(
		newStep(tx, j.ID).SetType(jobstep.TypeCreated), newStep(tx, j.ID).SetType(second)).Exec(ctx))
}

func recordSaved(tx *store.Tx, j *ent.Job) {
	feed.Record(tx, j.UserID, feed.JobSaved, feed.Facts{Job: j.ID, Run: j.RunID})
}

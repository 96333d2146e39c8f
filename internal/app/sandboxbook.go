package app

import (
	"context"
	"fmt"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/sandboxpayment"
	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/pay/sandboxpay"
	"github.com/weav-ai/weav/internal/store"
)

// sandboxBook keeps the sandbox gateway's payments in a table, so that all processes have one sandbox.
type sandboxBook struct{ store *store.Store }

// Load implements sandboxpay.Book.
func (b sandboxBook) Load(ctx context.Context, id string) (*sandboxpay.Entry, error) {
	if !pay.IsID(id) {
		return nil, nil
	}
	row, err := b.store.Client().SandboxPayment.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("sandbox: read: %w", err)
	}
	return &sandboxpay.Entry{ID: row.ID, State: row.State, Revision: row.Revision}, nil
}

// Save implements sandboxpay.Book.
func (b sandboxBook) Save(ctx context.Context, e sandboxpay.Entry) (saved bool, err error) {
	err = b.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		rows := tx.Client().SandboxPayment
		if e.Revision == 0 {
			return rows.Create().SetID(e.ID).SetState(e.State).SetUpdatedAt(store.Now()).Exec(ctx)
		}
		n, err := rows.Update().SetState(e.State).AddRevision(1).SetUpdatedAt(store.Now()).
			Where(sandboxpayment.ID(e.ID), sandboxpayment.Revision(e.Revision)).Save(ctx)
		saved = n == 1
		return err
	})
	switch {
	case e.Revision == 0 && ent.IsConstraintError(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("sandbox: write: %w", err)
	}
	return saved || e.Revision == 0, nil
}

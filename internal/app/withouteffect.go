package app

import "strings"

// checkWithoutEffect refuses settings that have no effect beside the others.
func (e *environment) checkWithoutEffect(c Config) {
	e.checkPostgresParts(c)
	e.checkServiceAccount(c)
	if e.get("AWS_STORAGE_BUCKET_NAME") != "" && c.Files.URL == "" {
		e.fault("AWS_STORAGE_BUCKET_NAME is set without AWS_S3_ENDPOINT_URL, so files would lie in a folder: set that too (https://s3.REGION.amazonaws.com at AWS), or BLOB_URL, or unset it")
	}
	if p := c.Payments; c.Billing && e.get("PAYMENTS") == "" && (p.APISecret.IsSet() || p.WebhookSecret.IsSet()) {
		e.fault("PORTONE_API_SECRET or PORTONE_WEBHOOK_SECRET is set without PAYMENTS, so the sandbox would take payments: set PAYMENTS=portone:STORE_ID too, or PAYMENTS=sandbox")
	}
}

// checkPostgresParts refuses parts of a database's address without its host. Kubernetes sets POSTGRES_PORT=tcp://… for a service
// that is called postgres.
func (e *environment) checkPostgresParts(c Config) {
	if !c.sqlite() || e.get("DATABASE_URL") != "" || e.get("DATABASE_URL_FILE") != "" {
		return
	}
	for _, name := range []string{"POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE", "POSTGRES_DB", "POSTGRES_PORT", "POSTGRES_SSLMODE"} {
		if value := e.get(name); value != "" && !strings.HasPrefix(value, "tcp://") {
			e.fault("%s is set without POSTGRES_HOST, so the embedded SQLite would be used: set POSTGRES_HOST or DATABASE_URL too, or unset it", name)
			return
		}
	}
}

// checkServiceAccount refuses a service account of Firebase where AUTH does not offer sign-in with Firebase.
func (e *environment) checkServiceAccount(c Config) {
	if w, err := c.ways(); err != nil || w.project != "" {
		return
	}
	for _, name := range []string{"FIREBASE_SERVICE_ACCOUNT_KEY_PATH", "FIREBASE_SERVICE_ACCOUNT_KEY_JSON", "FIREBASE_SERVICE_ACCOUNT_KEY_JSON_FILE"} {
		if e.get(name) != "" {
			e.fault("%s is set, but AUTH=%s does not sign in with Firebase: set AUTH=firebase, or unset it", name, c.Auth)
			return
		}
	}
}

# make help lists the targets. Tools live outside the tree, each under its version.

SHELL := /bin/bash
.DEFAULT_GOAL := help

GO    ?= go
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/weav

# How often fault tests repeat themselves.
ROUNDS ?= 3
export ROUNDS

GOLANGCI_VERSION := 2.15.0
GOLANGCI := $(CACHE)/golangci-lint-$(GOLANGCI_VERSION)/golangci-lint

WITH_SERVICES := $(CACHE)/with-services

# npm projects that tests use: reference clients, the audit of GraphQL over HTTP, and real pictures and films.
NPM_PROJECTS := $(patsubst %/package-lock.json,%,$(wildcard test/clients/package-lock.json graph/gqlhttp/audit/package-lock.json internal/ai/openaiai/wire/package-lock.json internal/pay/portonepay/wire/package-lock.json internal/media/corpus/package-lock.json))
NPM_READY    := $(NPM_PROJECTS:%=%/node_modules/.package-lock.json)

# Without symbol tables and debug information.
LDFLAGS := -s -w

GENERATED := internal/oid ent graph

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## start the server on its embedded parts; nothing needs to be installed
	$(GO) run -ldflags="$(LDFLAGS)" ./cmd/weav

.PHONY: test
test: $(WITH_SERVICES) $(NPM_READY) ## run all tests, on SQLite and on a Postgres, Redis and MinIO of their own
	@$(WITH_SERVICES) -- scripts/test

.PHONY: firebase-check
firebase-check: test/firebase/node_modules/.package-lock.json ## sign in with Google's own client at Google's own emulator; a large download
	cd test/firebase && npm test

.PHONY: soak
soak: export ROUNDS := $(if $(filter environment command,$(origin ROUNDS)),$(ROUNDS),200)
soak: $(WITH_SERVICES) ## repeat fault tests for long under the race detector (ROUNDS=200)
	$(WITH_SERVICES) -- $(GO) test -race -count=1 -timeout=0 ./...

.PHONY: bench
bench: $(WITH_SERVICES) ## run the benchmarks, 100,000 messages among them
	$(WITH_SERVICES) -- $(GO) test -run='^$$' -bench=. -benchmem -timeout=0 ./...

# Ids come first, then ent: gqlgen reads the types that both make.
.PHONY: generate
generate: ## make the generated code again: ids, ent, then gqlgen
	$(GO) generate ./internal/oid
	$(GO) generate ./ent
	$(GO) generate ./graph
	gofmt -w $(GENERATED)

.PHONY: migration
migration: ## write the next migration of both dialects: make migration name=what_changes
	$(GO) run ./ent/migrate/new $(name)

.PHONY: generate-check
generate-check: ## fail if the generated code is not what its sources make
	@scripts/generate-check $(GENERATED)

.PHONY: lint
lint: $(GOLANGCI) ## check style, the direction of dependencies, and words
	$(GOLANGCI) run
	$(GO) run ./scripts/words

.PHONY: lint-tool
lint-tool: $(GOLANGCI) ## install the linter, which takes minutes the first time

.PHONY: playground
playground: ## build the playground's page from its pinned packages
	cd graph/playground/app && npm ci --no-audit --no-fund && npm run build

# Go decides what of it is stale.
.PHONY: $(WITH_SERVICES)
$(WITH_SERVICES):
	@$(GO) build -o $@ ./test/servicetest/cmd/with-services

$(GOLANGCI):
	GOBIN=$(@D) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(GOLANGCI_VERSION)

%/node_modules/.package-lock.json: %/package-lock.json
	cd $* && npm ci --no-audit --no-fund
	@mkdir -p $(@D) && touch $@

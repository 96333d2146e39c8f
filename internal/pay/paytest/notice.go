package paytest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/weav-ai/weav/internal/pay"
)

// Notice is a delivery about a payment as PortOne sends it, signed now.
func (p *PortOne) Notice(kind, id string) (header http.Header, body []byte) {
	body, err := json.Marshal(map[string]any{
		"type": kind, "timestamp": time.Now().UTC().Format(time.RFC3339Nano),
		"data": map[string]any{"storeId": StoreID, "paymentId": id, "transactionId": "tx-" + id},
	})
	if err != nil {
		panic(err) // It contains only strings.
	}
	return Sign("msg_"+pay.NewID(), time.Now(), body, p.WebhookSecret), body
}

// Sign returns the headers of a delivery by the rules of Standard Webhooks, with one signature per secret. It
// is written from the specification and not with the library that verifies, so that the two are independent.
func Sign(id string, at time.Time, body []byte, secrets ...string) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	var signatures []string
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			panic(err) // The secret is the test's own.
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + stamp + "."))
		mac.Write(body)
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	header := http.Header{}
	header.Set("Webhook-Id", id)
	header.Set("Webhook-Timestamp", stamp)
	header.Set("Webhook-Signature", strings.Join(signatures, " "))
	return header
}

package moto

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
)

// versions are those of the APIs that Query speaks with.
var versions = map[string]string{"cloudformation": "2010-05-15", "iam": "2010-05-08", "monitoring": "2010-08-01"}

// Query has the emulator do an action of a service with the query protocol, and
// returns the text of the elements of this name in the response. An aws command
// takes a second of CPU for that. Pairs are the names and values of parameters.
func Query(t *testing.T, service, action, element string, pairs ...string) []string {
	t.Helper()
	parameters := url.Values{"Action": {action}, "Version": {versions[service]}}
	for i := 0; i+1 < len(pairs); i += 2 {
		parameters.Set(pairs[i], pairs[i+1])
	}
	body := strings.NewReader(parameters.Encode())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, os.Getenv("AWS_ENDPOINT_URL"), body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// By this moto knows which service is asked.
	req.Header.Set("Authorization",
		"AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/"+service+"/aws4_request, SignedHeaders=host, Signature=none")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		answer, err := io.ReadAll(res.Body)
		t.Fatalf("%s of %s: got %s: %s, %v", action, service, res.Status, answer, err)
	}
	var texts []string
	decoder := xml.NewDecoder(res.Body)
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return texts
		}
		if err != nil {
			t.Fatalf("%s of %s: %v", action, service, err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == element {
			var text string
			if err := decoder.DecodeElement(&text, &start); err != nil {
				t.Fatalf("%s of %s: %v", action, service, err)
			}
			texts = append(texts, text)
		}
	}
}

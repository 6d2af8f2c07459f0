package moto

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"sync"
	"testing"
)

// complete returns the address of a proxy for moto at the address endpoint. moto
// does not store the LoggingConfig of a function, and Terraform would set it again
// with each apply: the proxy adds it. A request to another host fails the test.
func complete(t *testing.T, endpoint string) string {
	t.Helper()
	to, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	c := &completer{logging: map[string]json.RawMessage{}}
	proxy := httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host },
		ModifyResponse: c.add,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodConnect {
			t.Errorf("request to a real host: %s", r.Host)
			http.Error(w, "no way out", http.StatusForbidden)
			return
		}
		if err := c.keep(r); err != nil {
			t.Error(err)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

type completer struct {
	mu      sync.Mutex
	logging map[string]json.RawMessage // by the function's name
}

var (
	create = regexp.MustCompile(`^/2015-03-31/functions/?$`)
	get    = regexp.MustCompile(`^/2015-03-31/functions/([^/]+)$`)
)

// keep stores the LoggingConfig of a request that creates a function.
func (c *completer) keep(r *http.Request) error {
	if r.Method != http.MethodPost || !create.MatchString(r.URL.Path) {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var function struct {
		FunctionName  string
		LoggingConfig json.RawMessage
	}
	if err := json.Unmarshal(body, &function); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.logging[function.FunctionName] = function.LoggingConfig
	return nil
}

// add adds it to the response to GetFunction.
func (c *completer) add(res *http.Response) error {
	m := get.FindStringSubmatch(res.Request.URL.Path)
	if m == nil || res.Request.Method != http.MethodGet || res.StatusCode != http.StatusOK {
		return nil
	}
	c.mu.Lock()
	logging := c.logging[m[1]]
	c.mu.Unlock()
	if logging == nil {
		return nil
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	var function map[string]json.RawMessage
	if err := json.Unmarshal(body, &function); err != nil {
		return err
	}
	var configuration map[string]json.RawMessage
	if err := json.Unmarshal(function["Configuration"], &configuration); err != nil {
		return err
	}
	configuration["LoggingConfig"] = logging
	if function["Configuration"], err = json.Marshal(configuration); err != nil {
		return err
	}
	if body, err = json.Marshal(function); err != nil {
		return err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	res.ContentLength = int64(len(body))
	res.Header.Del("Content-Length")
	return nil
}

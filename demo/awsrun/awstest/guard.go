package awstest

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
)

// A gate is a proxy for whatever is not on loopback. It lets nothing through.
type gate struct {
	mu    sync.Mutex
	hosts []string
}

// theGate serves for the whole process, as net/http asks only once for the
// proxy to use.
var theGate = sync.OnceValues(func() (*gate, *httptest.Server) {
	g := &gate{}
	return g, httptest.NewServer(g)
})

// guard has the test fail when something in this process asks for a real host.
func guard(t *testing.T) {
	t.Helper()
	g, server := theGate()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, server.URL)
	}
	t.Setenv("NO_PROXY", "")
	t.Setenv("no_proxy", "")
	t.Cleanup(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if len(g.hosts) > 0 {
			t.Errorf("real hosts were asked for: %v", g.hosts)
		}
		g.hosts = slices.Delete(g.hosts, 0, len(g.hosts))
	})
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hosts = append(g.hosts, r.Host)
	http.Error(w, "no way out", http.StatusForbidden)
}

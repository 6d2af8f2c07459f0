// Command refreshcache answers from its cache, and fetches at the same time
// what the next invocation will answer with. If a refresh fails, that is logged,
// and the next one answers with the old rates.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"

	"example.com/postinvoke/postinvoke"
)

func main() {
	postinvoke.Start(handle, nil)
}

// cached outlives the invocation. It is nil after a cold start.
var cached atomic.Pointer[string]

func handle(ctx context.Context, _ json.RawMessage) (string, error) {
	if rates := cached.Load(); rates != nil {
		// It starts now, and not after the response as with Run. A plain go
		// statement would leave it without a context that outlives the
		// response, and frozen in the middle.
		postinvoke.Go(ctx, refresh)
		return *rates, nil
	}
	if err := refresh(ctx); err != nil {
		return "", err
	}
	return *cached.Load(), nil
}

func refresh(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, os.Getenv("RATES_URL"), nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("refresh the rates: the server answered %s", response.Status)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	rates := string(body)
	cached.Store(&rates)
	return nil
}

package handlers

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdaurl"

	"example.com/postinvoke/postinvoke"
)

// A router with middleware, as written for a plain server, behind a function
// URL.

type api struct {
	store  store
	client *http.Client
}

type store interface {
	Get(ctx context.Context, id string) (string, error)
	Touch(ctx context.Context, id string) error
}

func (a *api) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{id}", a.order)
	return requestID(recoverer(mux))
}

func (a *api) order(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	id := r.PathValue("id")
	order, err := a.store.Get(ctx, id)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	postinvoke.RunContext(r.Context(), func(ctx context.Context) error {
		return a.store.Touch(ctx, id)
	})
	postinvoke.RunContext(ctx, func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://hooks", nil)
		if err != nil {
			return err
		}
		response, err := a.client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		return nil
	})
	_ = json.NewEncoder(w).Encode(order)
}

type idKey struct{}

func requestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(context.WithValue(r.Context(), idKey{}, r.Header.Get("X-Request-Id")))
		next.ServeHTTP(w, r)
		postinvoke.Run(r.Context(), func() {
			slog.InfoContext(r.Context(), "access", "path", r.URL.Path, "id", r.Context().Value(idKey{}))
		})
	})
}

func recoverer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				slog.ErrorContext(r.Context(), "panic", "value", v)
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func startAPI(a *api) {
	lambda.Start(postinvoke.Wrap(lambdaurl.Wrap(a.routes()), nil))
}

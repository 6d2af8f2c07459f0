package calls

import (
	"context"
	"testing"
)

func TestHandle(t *testing.T) {
	check(t.Context(), t)
}

func check(ctx context.Context, t *testing.T) {
	wrapped(context.Background(), "a test plays the runtime")
}

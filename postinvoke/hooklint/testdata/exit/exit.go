// Package exit has hooks that end the process.
package exit

import (
	"context"
	"errors"
	"log"
	"os"

	"example.com/postinvoke/postinvoke"
)

func flush(context.Context) error { return errors.New("no collector") }

func handle(ctx context.Context) {
	postinvoke.RunContext(ctx, func(ctx context.Context) error {
		if err := flush(ctx); err != nil {
			log.Fatal(err) // want `log.Fatal ends the process, and so the hooks that wait, and this environment, are lost: return an error from a hook of RunContext instead \(.*docs/hooklint.md#exit\)`
		}
		return nil
	})
	postinvoke.Run(ctx, func() {
		must(flush(context.WithoutCancel(ctx))) // want `must calls log.Fatalf, which ends the process`
	})
	postinvoke.Run(ctx, leave)
}

func leave() {
	os.Exit(1) // want `os.Exit ends the process`
}

func must(err error) {
	if err != nil {
		log.Fatalf("cannot go on: %v", err)
	}
}

func main() {
	if len(os.Args) > 9 {
		log.Fatal("too many arguments") // not in a hook
	}
	postinvoke.Shutdown(func() {
		os.Exit(0) // want `os.Exit ends the process, and cuts off the shutdown functions that were registered before this one: return instead`
	})
	postinvoke.ShutdownContext(func(ctx context.Context) error {
		err := flush(ctx)
		if err != nil {
			log.Fatal(err) // want `log.Fatal ends the process, and cuts off`
		}
		return err
	})
	postinvoke.ShutdownContext(flush)
}

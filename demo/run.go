package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

// run is the program.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (err error) {
	switch {
	case len(args) > 0 && args[0] == "serve":
		return serve(ctx, args[1:], stdin, stdout, stderr)
	case len(args) > 0 && args[0] == "dashboard":
		return drawDashboard(ctx, args[1:], stdout, stderr)
	}
	o, err := parseOptions(args, stdout)
	if err != nil {
		return err
	}
	if o.stack == "" {
		if err := checkOS(runtime.GOOS); err != nil {
			return err
		}
	}
	event, err := readEvent(ctx, o.event, stdin)
	if err != nil {
		return err
	}
	o.foresee(stderr)
	if o.stack != "" {
		return o.runOnAWS(ctx, event, stdout, stderr)
	}
	tmp, err := os.MkdirTemp("", "postinvoke-demo-")
	if err != nil {
		return fmt.Errorf("a temporary folder is needed (TMPDIR can name another place): %w", err)
	}
	defer os.RemoveAll(tmp)

	progress := newProgress(stderr)
	built, err := buildAll(ctx, o, tmp, progress)
	if err != nil {
		return err
	}

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := &output{stdout, progress, cancel}
	rec := recording.NewRecorder(o.about(), o.remarks(), o.renderer(out, stdout))
	cfg := lambdaenv.Config{
		Function:  built.function,
		Timeout:   o.timeout,
		LogFormat: o.logFormat,
	}
	if built.extension != "" {
		cfg.Extensions = []string{built.extension}
	}
	others, err := unpackExtensions(o.extensions, tmp)
	if err != nil {
		return err
	}
	cfg.Extensions = append(cfg.Extensions, others...)
	if o.wantsReport() {
		cfg.Env = append(cfg.Env, debugLevel)
	}
	cfg.Env = append(cfg.Env, o.variables...)
	p := &play{event, o.invocations, o.idle}
	err = p.perform(ctx, cfg, rec, progress)
	return o.reportOn(ctx, progress, err, rec.Recording())
}

// debugLevel makes the library log each hook with its name and length, which
// the timeline shows.
const debugLevel = logLevel + "DEBUG"

const logLevel = "AWS_LAMBDA_LOG_LEVEL="

// setsLogLevel reports whether the user has chosen a level. Otherwise the log
// looks the same with a timeline and without.
func (o *options) setsLogLevel() bool {
	return slices.ContainsFunc(o.variables, func(v string) bool { return strings.HasPrefix(v, logLevel) })
}

// checkOS says at once what lambdaenv would say after the build.
func checkOS(goos string) error {
	switch goos {
	case "linux", "darwin":
		return nil
	}
	return fmt.Errorf("freezing processes as Lambda does works on Linux and macOS only, not on %s; use one of them, or WSL", goos)
}

// about says what is run.
func (o *options) about() recording.About {
	what, with := "the example function", "with the layer"
	if o.function != "" {
		what = named(o.function)
	}
	if o.withoutLayer {
		with = "without the layer"
	}
	if o.plain {
		what, with = "a function that works for 0.1 s and merely starts a goroutine", "(no library, no layer)"
	}
	return recording.About{
		Intro: []string{
			fmt.Sprintf("Running %s %s on this machine: %s, idle for %v after each.", what, with, recording.Times(o.invocations), o.idle),
			recording.IdleOnAWS,
		},
		Place:       "on this machine",
		ForTimeline: o.wantsReport() && !o.setsLogLevel(),
		Plain:       o.plain,
	}
}

// named says which function of the user's is run: "." says that to nobody who
// reads the report elsewhere.
func named(function string) string {
	if absolute, err := filepath.Abs(function); err == nil {
		function = absolute
	}
	if info, err := os.Stat(function); err == nil && !info.IsDir() {
		return "the executable " + function
	}
	return "the function in " + function
}

func (o *options) remarks() recording.Remarks {
	if o.plain {
		return recording.NewPlainRemarks()
	}
	return recording.NewHookRemarks()
}

func (o *options) renderer(out io.Writer, stdout io.Writer) recording.Renderer {
	if o.json {
		return &jsonLog{w: out}
	}
	return &textLog{w: out, width: func() int { return widthOf(stdout) }, colours: wantsColour(stdout)}
}

// An output makes room on the terminal before it writes, and ends the run when
// it can no longer be written to.
type output struct {
	w        io.Writer
	progress *progress
	failed   context.CancelCauseFunc
}

func (o *output) Write(b []byte) (int, error) {
	o.progress.clear()
	n, err := o.w.Write(b)
	if err != nil {
		o.failed(err)
	}
	return n, err
}

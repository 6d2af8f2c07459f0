package lambdaenv

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// maxExtensions is the limit for external and internal extensions together.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxExtensions = 10

// checked returns c with the defaults filled in, or what is wrong with it.
func (c Config) checked() (Config, error) {
	if c.Function == "" {
		return c, errors.New("lambdaenv: Config.Function is empty; set it to the path of the function's executable")
	}
	paths := append([]string{c.Function}, c.Extensions...)
	for i, path := range paths {
		path, err := filepath.Abs(path)
		if err != nil {
			return c, fmt.Errorf("lambdaenv: %w", err)
		}
		info, err := os.Stat(path)
		if err != nil {
			return c, fmt.Errorf("lambdaenv: %w", err)
		}
		if info.IsDir() || info.Mode().Perm()&0o111 == 0 {
			return c, fmt.Errorf("lambdaenv: %s is not an executable file", path)
		}
		paths[i] = path
	}
	c.Function, c.Extensions = paths[0], paths[1:]
	if len(c.Extensions) > maxExtensions {
		return c, fmt.Errorf("lambdaenv: %d extensions, but Lambda allows %d", len(c.Extensions), maxExtensions)
	}
	names := map[string]bool{}
	for _, path := range c.Extensions {
		if name := filepath.Base(path); names[name] {
			return c, fmt.Errorf("lambdaenv: two extensions are called %q; Lambda tells them apart by their file names", name)
		} else {
			names[name] = true
		}
	}
	for _, kv := range c.Env {
		if !strings.Contains(kv, "=") {
			return c, fmt.Errorf("lambdaenv: Config.Env has %q, which is not KEY=value", kv)
		}
	}
	c.Env = slices.Clone(c.Env)
	c.Name = cmp.Or(c.Name, "function")
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.InitTimeout = cmp.Or(c.InitTimeout, 10*time.Second)
	c.MemoryMB = cmp.Or(c.MemoryMB, 512)
	c.Retries = max(0, cmp.Or(c.Retries, 2))
	c.ApplicationLogLevel = cmp.Or(c.ApplicationLogLevel, "INFO")
	if c.MaxConcurrency > 0 {
		// https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
		c.LogFormat = cmp.Or(c.LogFormat, JSON)
		if c.LogFormat != JSON {
			return c, errors.New("lambdaenv: a managed instance logs JSON only; leave Config.LogFormat empty")
		}
	}
	c.LogFormat = cmp.Or(c.LogFormat, Text)
	if c.LogFormat != Text && c.LogFormat != JSON {
		return c, fmt.Errorf("lambdaenv: log format %q is neither %s nor %s", c.LogFormat, Text, JSON)
	}
	if _, err := systemLevel(c.SystemLogLevel); err != nil {
		return c, fmt.Errorf("lambdaenv: %w", err)
	}
	return c, nil
}

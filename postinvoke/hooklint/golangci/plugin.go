// Package golangci makes hooklint a linter of golangci-lint's, with its module
// plugins. It is a separate module, so that hooklint depends on nothing but
// golang.org/x/tools. docs/hooklint.md has the configuration to paste.
package golangci

import (
	"github.com/golangci/plugin-module-register/register"
	"golang.org/x/tools/go/analysis"

	"example.com/postinvoke/postinvoke/hooklint"
)

func init() { register.Plugin(hooklint.Analyzer.Name, newPlugin) }

type plugin struct{}

// newPlugin takes no settings. Comments and golangci-lint's own exclusions turn
// diagnostics off.
func newPlugin(any) (register.LinterPlugin, error) { return plugin{}, nil }

func (plugin) BuildAnalyzers() ([]*analysis.Analyzer, error) {
	return []*analysis.Analyzer{hooklint.Analyzer}, nil
}

func (plugin) GetLoadMode() string { return register.LoadModeTypesInfo }

package golangci

import (
	"slices"
	"testing"

	"github.com/golangci/plugin-module-register/register"

	"example.com/postinvoke/postinvoke/hooklint"
)

func TestGolangciLintFindsTheAnalyzer(t *testing.T) {
	newPlugin, err := register.GetPlugin("hooklint")
	if err != nil {
		t.Fatal(err)
	}
	plugin, err := newPlugin(nil)
	if err != nil {
		t.Fatal(err)
	}
	analyzers, err := plugin.BuildAnalyzers()
	if err != nil || !slices.Contains(analyzers, hooklint.Analyzer) {
		t.Errorf("got analyzers %v, error %v, want hooklint's", analyzers, err)
	}
	if got := plugin.GetLoadMode(); got != register.LoadModeTypesInfo {
		t.Errorf("got load mode %q, want %q: the checks need types", got, register.LoadModeTypesInfo)
	}
}

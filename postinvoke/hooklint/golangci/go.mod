module example.com/postinvoke/postinvoke/hooklint/golangci

go 1.26.0

require (
	example.com/postinvoke/postinvoke/hooklint v0.0.0
	github.com/golangci/plugin-module-register v0.1.2
	golang.org/x/tools v0.52.0
)

replace example.com/postinvoke/postinvoke/hooklint => ../

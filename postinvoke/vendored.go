//go:build postinvoke_vendored

package postinvoke

// go mod vendor copies packages under all build constraints. This import, which
// is in no build, makes it copy the extension as well, so that the layer can be
// built from a vendor folder.
import _ "example.com/postinvoke/extension"

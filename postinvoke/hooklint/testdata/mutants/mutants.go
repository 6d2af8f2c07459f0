// Package mutants is where a test plants mistakes into copies of the example.
package mutants

import _ "example.com/postinvoke/postinvoke"

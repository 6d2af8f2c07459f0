// Package jsontext is as much JSON as an extension needs: it writes strings and
// reads flat objects, at a fraction of encoding/json's size.
package jsontext

import "unicode/utf8"

// AppendString appends s as JSON. Bytes that are not UTF-8 become U+FFFD.
func AppendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s { // range yields U+FFFD for what is not UTF-8
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

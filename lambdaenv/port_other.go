//go:build !linux

package lambdaenv

import "net"

// reservePort finds a free port of 127.0.0.1. Nothing keeps others from taking
// it before the extension listens on it: BSD sockets cannot share a port so.
func reservePort() (port int, release func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, nil, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, func() {}, nil
}

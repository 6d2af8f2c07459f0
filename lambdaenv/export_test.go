package lambdaenv

// WithExpire returns a configuration with which every send on c makes the deadline
// pass that the environment waits for, so that no test has to wait for it.
func WithExpire(cfg Config, c <-chan struct{}) Config {
	cfg.expire = c
	return cfg
}

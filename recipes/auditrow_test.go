package recipes_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"
)

func TestTheAuditRowIsWrittenAfterTheResponseAndThePoolClosedAtShutdown(t *testing.T) {
	// The write-ahead log is there as long as a process has the database open.
	// SQLite removes it when the last connection is closed, but not when its
	// process just ends.
	file := filepath.Join(t.TempDir(), "audit.db")
	database := "file:" + file + "?_pragma=journal_mode(wal)&_pragma=busy_timeout(20000)"
	db, err := sql.Open("sqlite", database)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`CREATE TABLE audit (recipient TEXT, amount INTEGER)`); err != nil {
		t.Fatal(err)
	}
	env := start(t, "auditrow", "DATABASE="+database)

	// The hook can write only after the lock is released, which is when the test
	// has the response.
	lock, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.ExecContext(context.Background(), `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	response := env.Invoke(`{"to": "Ada", "amount": 42}`)
	if _, err := lock.ExecContext(context.Background(), `COMMIT`); err != nil {
		t.Fatal(err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	env.WaitIdle()
	wantResponse(t, response, `"transferred"`)
	var recipient string
	var amount int
	if err := db.QueryRow(`SELECT recipient, amount FROM audit`).Scan(&recipient, &amount); err != nil {
		t.Fatal(err)
	}
	if recipient != "Ada" || amount != 42 {
		t.Errorf("got row %s, %d, want Ada, 42", recipient, amount)
	}

	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file + "-wal"); err != nil {
		t.Errorf("got %v, want the function to have the database open while it is frozen", err)
	}
	env.Shutdown()
	if _, err := os.Stat(file + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got error %v for the write-ahead log, want it gone, as the pool was closed", err)
	}
}

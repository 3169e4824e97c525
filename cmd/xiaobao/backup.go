package main

import (
	"context"
	"fmt"
	"io"
)

// BackupCmd is `xiaobao backup`.
type BackupCmd struct {
	To       string `arg:"" help:"File to write; it must not exist yet." type:"path"`
	Database string `help:"The database (default xiaobao.db)." default:"xiaobao.db" env:"XIAOBAO_DATABASE"`
}

// Run copies the database as it stands at one moment, also while the bot runs, and checks the copy.
func (b *BackupCmd) Run(ctx context.Context, out io.Writer) error {
	db, err := openStore(ctx, b.Database)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Backup(ctx, b.To); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "Copied to %s. To go back: stop the bot and put this file in place of %s.\n", b.To, redactDSN(b.Database))
	return err
}

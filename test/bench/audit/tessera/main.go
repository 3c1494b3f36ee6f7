// The baseline of `npm run bench -- audit`: the same load on Tessera's POSIX driver, with its own settings.
// An entry counts when its future is resolved: it is durable and in the tree; its checkpoint may come later.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"log"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

var (
	dir     = flag.String("dir", "", "an empty folder for the log")
	seconds = flag.Float64("seconds", 10, "how long is measured, after a fifth of it that warms up")
	flying  = flag.Int("flying", 512, "entries in flight")
	size    = flag.Int("bytes", 4096, "of each entry")
)

const ownBytes = 16

func main() {
	flag.Parse()
	ctx := context.Background()
	appender, shutdown := open(ctx)
	var appended atomic.Int64
	var stop atomic.Bool
	var group sync.WaitGroup
	// Bytes that do not compress; of an entry, the first ones are its own. The other side's load is made in the same way.
	block := make([]byte, *size)
	if _, err := rand.Read(block); err != nil {
		log.Fatal(err)
	}
	for range *flying {
		group.Go(func() {
			for !stop.Load() {
				entry := append([]byte(nil), block...)
				if _, err := rand.Read(entry[:ownBytes]); err != nil {
					log.Fatal(err)
				}
				if _, err := appender.Add(ctx, tessera.NewEntry(entry))(); err != nil {
					log.Fatal(err)
				}
				appended.Add(1)
			}
		})
	}
	measured := time.Duration(*seconds * float64(time.Second))
	time.Sleep(measured / 5)
	before, start := appended.Load(), time.Now()
	time.Sleep(measured)
	count, took := appended.Load()-before, time.Since(start)
	stop.Store(true)
	group.Wait()
	if err := shutdown(ctx); err != nil {
		log.Fatal(err)
	}
	figures := map[string]float64{"entries": float64(count), "seconds": took.Seconds()}
	if err := json.NewEncoder(os.Stdout).Encode(figures); err != nil {
		log.Fatal(err)
	}
}

func open(ctx context.Context) (*tessera.Appender, func(context.Context) error) {
	secret, _, err := note.GenerateKey(rand.Reader, "bench.reset-hub.example/log")
	if err != nil {
		log.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		log.Fatal(err)
	}
	driver, err := posix.New(ctx, posix.Config{Path: *dir})
	if err != nil {
		log.Fatal(err)
	}
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCheckpointInterval(time.Second)
	appender, shutdown, _, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		log.Fatal(err)
	}
	return appender, shutdown
}

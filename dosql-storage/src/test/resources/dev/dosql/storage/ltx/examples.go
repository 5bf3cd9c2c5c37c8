// Writes the *.ltx files beside it with the encoder that Litestream uses.
//
//	go mod init examples && go get github.com/superfly/ltx@v0.5.2 && go run . block
//	go get github.com/superfly/ltx@v0.5.1 && go run . legacy
package main

import (
	"os"

	"github.com/superfly/ltx"
)

// page returns page 1 in steps, page 3 of zeros, and all others of noise.
func page(n uint32) []byte {
	b := make([]byte, 512)
	switch n {
	case 1:
		for i := range b {
			b[i] = byte(i / 8)
		}
	case 3:
	default:
		x := n
		for i := range b {
			x = x*1664525 + 1013904223
			b[i] = byte(x >> 24)
		}
	}
	return b
}

func write(name string, h ltx.Header, pgnos ...uint32) {
	f, _ := os.Create(name)
	e, err := ltx.NewEncoder(f)
	if err != nil {
		panic(err)
	}
	if err := e.EncodeHeader(h); err != nil {
		panic(err)
	}
	for _, n := range pgnos {
		if err := e.EncodePage(ltx.PageHeader{Pgno: n}, page(n)); err != nil {
			panic(err)
		}
	}
	if err := e.Close(); err != nil {
		panic(err)
	}
	f.Close()
}

func main() {
	p := os.Args[1]
	write(p+"-snapshot.ltx", ltx.Header{Version: ltx.Version, Flags: 2, PageSize: 512, Commit: 5, MinTXID: 1, MaxTXID: 3, Timestamp: 1763823600123}, 1, 2, 3, 4, 5)
	write(p+"-segment.ltx", ltx.Header{Version: ltx.Version, Flags: 2, PageSize: 512, Commit: 4, MinTXID: 4, MaxTXID: 4, Timestamp: 1763823601456,
		WALOffset: 32, WALSize: 1608, WALSalt1: 0xfedcba98, WALSalt2: 0x01234567, NodeID: 0x8000000000000007}, 2, 3)
	write(p+"-noise.ltx", ltx.Header{Version: ltx.Version, Flags: 2, PageSize: 512, Commit: 7, MinTXID: 9, MaxTXID: 12, Timestamp: 1763823602789}, 2, 4, 7)
}

package documents

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

// TestSqueeze compresses what is plain and leaves the rest, and refuses what is no PDF as it knows them.
func TestSqueeze(t *testing.T) {
	plain := bytes.Repeat([]byte("0 0 m 10 10 l S\n"), 400)
	var pdf bytes.Buffer
	pdf.WriteString("%PDF-1.3\n")
	second := pdf.Len()
	fmt.Fprintf(&pdf, "2 0 obj\n<</Length %d>>\nstream\n%s\nendstream\nendobj\n", len(plain), plain)
	first := pdf.Len()
	pdf.WriteString("1 0 obj\n<</Type /Catalog>>\nendobj\n")
	table := pdf.Len()
	fmt.Fprintf(&pdf, "xref\n0 3\n0000000000 65535 f \n%010d 00000 n \n%010d 00000 n \ntrailer\n<<\n/Size 3\n>>\nstartxref\n%d\n%%%%EOF\n", first, second, table)

	got, err := squeeze(pdf.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if len(got) > pdf.Len()/4 || !bytes.Contains(got, []byte("/Filter /FlateDecode")) || !bytes.Contains(got, []byte("<</Type /Catalog>>")) {
		t.Errorf("%d bytes of %d:\n%q", len(got), pdf.Len(), got)
	}
	again, err := squeeze(got) // every object is where the new table says, and nothing is left to do
	if err != nil || !bytes.Equal(again, got) {
		t.Errorf("squeezed twice: %v, %d bytes and %d", err, len(got), len(again))
	}
	for _, broken := range []string{"", "%PDF", "startxref\n7\n", "xref\n0 9\nstartxref\n0\n", string(bytes.Replace(pdf.Bytes(), []byte("2 0 obj"), []byte("3 0 obj"), 1))} {
		if _, err := squeeze([]byte(broken)); !errors.Is(err, errObjects) {
			t.Errorf("%.20q: %v", broken, err)
		}
	}
}

package documents

import (
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
)

// large are the facts of a shipment with n lines, each in a carton of its own, every field filled.
func large(t testing.TB, n int) Facts {
	f := example(t)
	line, box := f.Lines[0], f.Cartons[0]
	f.Lines, f.Cartons = make([]Line, n), make([]Carton, n)
	for i := range n {
		l, c := line, box
		l.SKU = fmt.Sprintf("MUG-WHT-%04d", i)
		l.Description = fmt.Sprintf("Ceramic mug number %d for hot drinks, glazed porcelain, 350 ml", i)
		l.NameZh = fmt.Sprintf("陶瓷马克杯第%d款，带手柄，可微波加热", i)
		l.Quantity = 20
		price := decimal.New(int64(200+i), -2)
		l.UnitPrice, l.NetKg = &price, nil
		c.From, c.To = i+1, i+1
		c.Contents = []Content{{SKU: l.SKU, Units: 20}}
		f.Lines[i], f.Cartons[i] = l, c
	}
	return f
}

// BenchmarkPaper makes papers of 2,000 lines.
func BenchmarkPaper(b *testing.B) {
	f, w := large(b, 2000), words(b)
	for _, kind := range []Kind{Invoice, Packing, Customs} {
		for _, format := range []Format{PDF, XLSX} {
			b.Run(fmt.Sprintf("%s/%s", kind, format), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					out, err := Make(kind, f, Options{Format: format, Lang: "zh-Hans", Words: w})
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(float64(len(out.Data))/1024, "KB")
				}
			})
		}
	}
}

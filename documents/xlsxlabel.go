package documents

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"

	"github.com/xuri/excelize/v2"
)

// mostPictures is how many bar codes are drawn into a workbook; each is a picture of its own.
const mostPictures = 500

// labels lists the proofs, a row for each carton with its bar code; as labels they are drawn in the PDF.
func (b *book) labels(x labels) {
	for i, id := range []string{"column.boxes", "column.box_id", "column.contents", "column.marks", "column.barcode"} {
		b.put(i+1, b.p.say(id).stacked(), "head")
	}
	b.tall(2)
	b.row++
	for i, l := range x.list {
		b.put(1, l.number.en, "cell")
		id := l.id
		if l.derived.en != "" {
			id = strings.TrimSpace(id + "\n" + l.derived.join())
		}
		b.put(2, id, "cell")
		contents := strings.Join(l.contents, "\n")
		b.put(3, contents, "cell")
		var marks []string
		for _, m := range l.marks {
			marks = append(marks, m.en)
		}
		b.put(4, strings.Join(marks, "\n"), "cell")
		b.tall(max(lineCount(id, b.grid[1]), lineCount(contents, b.grid[2]), 4))
		if l.bars != nil && i < mostPictures {
			b.note(b.AddPictureFromBytes(b.name, b.at(5), &excelize.Picture{Extension: ".png", File: picture(l.bars),
				Format: &excelize.GraphicOptions{AltText: l.id, OffsetX: 6, OffsetY: 6, ScaleX: 0.5, ScaleY: 0.5, Positioning: "oneCell"}}))
		}
		b.row++
	}
}

// picture draws bars with their quiet zones, three dots a module.
func picture(bars []bool) []byte {
	const dots, high, quiet = 3, 100, 10
	img := image.NewPaletted(image.Rect(0, 0, (len(bars)+2*quiet)*dots, high), color.Palette{color.White, color.Black})
	for i, black := range bars {
		for x := (i + quiet) * dots; black && x < (i+quiet+1)*dots; x++ {
			for y := range high {
				img.SetColorIndex(x, y, 1)
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err) // a picture in memory can be written to memory
	}
	return b.Bytes()
}

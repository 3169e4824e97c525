package main

import (
	"os"
	"path/filepath"
	"testing"

	"xiaobao/adapters/web/webtest"
)

// TestChart looks at the routes beside each other in a real browser: the drawing is there, its colours follow the page, it says what
// it shows, and its policy lets it have colours.
func TestChart(t *testing.T) {
	b := webtest.Start(t)
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			s := start(t, clockFrom(opening), fresh(t, "")...)
			p := open(t, b.For(t), s.url)
			p.Size(1280, 900, false)
			p.Media("prefers-color-scheme", theme)
			p.PressIn("#panel", "Learn about the service details")
			p.See("Do your goods contain any of these?")
			p.Type("none")
			p.See("store")
			p.Type("United States")
			for field, value := range map[string]string{
				"product_name": "Ceramic mug for hot drinks", "hs_code": "6912.00", "carton_count": "10", "carton_size": "60x40x50 cm", "carton_weight": "14.2 kg",
				"unit_count": "240", "cargo_value": "USD 564",
			} {
				p.Fill(field, value)
			}
			p.PressIn(".live", "Send")
			p.PressIn("[data-field=incoterm]", "FOB (on board)")
			p.Fill("target_arrival", "2027-02-15")
			p.PressIn(".live", "Send")
			p.See("Costs by route")
			p.Wait("the drawing", "(i => i && i.complete && i.naturalWidth > 600)(document.querySelector('.picture img'))")
			alt := webtest.Eval[string](p, "document.querySelector('.picture img').alt")
			if want := "What the way costs, without the goods (in USD)\nOcean LCL to the US: "; len(alt) < len(want) || alt[:len(want)] != want {
				t.Errorf("the picture says %q", alt)
			}
			p.Wait("it to be in view", "(document.querySelector('.picture').scrollIntoView({block: 'center'}), true)")
			// What is drawn at the edge of the picture, where only its ground is: pixels tell whether it followed the page.
			ground := webtest.Eval[int](p, `(async () => {
				const img = document.querySelector('.picture img'), c = document.createElement('canvas')
				c.width = c.height = 40
				const g = c.getContext('2d')
				g.drawImage(img, 0, 0, 720, 320, 0, 0, 720, 320)
				return g.getImageData(30, 6, 1, 1).data[0]
			})()`)
			if dark := ground < 60; dark != (theme == "dark") {
				t.Errorf("the ground of the picture is %d on a %s page", ground, theme)
			}
			file := filepath.Join(t.TempDir(), theme+".png")
			if dir := os.Getenv("KEEP"); dir != "" { // to look at it
				file = filepath.Join(dir, "chart-"+theme+".png")
			}
			p.Shot(file)
		})
	}
}

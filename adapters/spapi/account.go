package spapi

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// hosts are Amazon's hosts by region (developer-docs.amazon.com, "SP-API Endpoints").
var hosts = map[string]string{
	"na": "https://sellingpartnerapi-na.amazon.com",
	"eu": "https://sellingpartnerapi-eu.amazon.com",
	"fe": "https://sellingpartnerapi-fe.amazon.com",
}

// usual are the marketplaces that are asked about when an account names none.
var usual = map[string][]string{"na": {"US", "CA", "MX"}, "eu": {"UK", "DE", "FR", "IT", "ES"}, "fe": {"JP"}}

//go:embed data/marketplaces.csv
var marketplaceTable string

type marketplace struct{ region, country, id string }

var marketplaces = readMarketplaces()

func readMarketplaces() (list []marketplace) {
	for _, row := range rows(marketplaceTable) {
		list = append(list, marketplace{row[0], row[1], row[2]})
	}
	return list
}

// rows reads an embedded table without its header. A fault in it is a bug found at start-up.
func rows(text string) [][]string {
	list, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		panic("spapi: " + err.Error())
	}
	return list[1:]
}

// check completes an account and lists everything that is wrong with it. No fault contains a secret.
func (a *Account) check() error {
	var faults []error
	wrong := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("Amazon account "+a.Name+": "+format, args...))
	}
	if hosts[a.Region] == "" {
		wrong("the region is na (North America), eu (Europe, Middle East, India) or fe (Japan, Australia, Singapore), not %q", a.Region)
	}
	for _, s := range []struct{ what, value string }{{"client id", a.ClientID}, {"client secret", a.ClientSecret}, {"refresh token", a.RefreshToken}} {
		if strings.TrimSpace(s.value) == "" {
			wrong("the %s is missing", s.what)
		}
	}
	if a.API == "" {
		a.API = hosts[a.Region]
	}
	a.API = strings.TrimRight(a.API, "/")
	if u, err := url.Parse(a.API); a.API != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		wrong("%q is not a base address such as https://…", a.API)
	}
	given := a.Marketplaces
	if len(given) == 0 {
		given = usual[a.Region]
	}
	a.Marketplaces = nil
	for _, name := range given {
		id, err := findMarketplace(a.Region, strings.ToUpper(strings.TrimSpace(name)))
		if err != nil {
			wrong("%v", err)
			continue
		}
		if !slices.Contains(a.Marketplaces, id) {
			a.Marketplaces = append(a.Marketplaces, id)
		}
	}
	if a.Carrier == "" {
		a.Carrier = "AMZN_US"
	}
	return errors.Join(faults...)
}

// findMarketplace takes a country or an id. An id we do not know is believed: Amazon opens new ones.
func findMarketplace(region, name string) (string, error) {
	if name == "GB" {
		name = "UK"
	}
	for _, m := range marketplaces {
		if m.country == name || m.id == name {
			if region != "" && m.region != region {
				return "", fmt.Errorf("marketplace %s belongs to region %s, not %s: it needs an account of its own", name, m.region, region)
			}
			return m.id, nil
		}
	}
	if len(name) >= 10 && len(name) <= 20 {
		return name, nil
	}
	return "", fmt.Errorf("%q is no marketplace: write a country such as US, or its id", name)
}

// countryOf is the country of a marketplace, or its id when it is not in the table.
func countryOf(id string) string {
	for _, m := range marketplaces {
		if m.id == id {
			return m.country
		}
	}
	return id
}

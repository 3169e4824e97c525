package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"xiaobao/adapters/spapi"
	"xiaobao/shipment"
)

// Amazon is how Amazon's Selling Partner API is reached. Without accounts here, one comes from the environment: XIAOBAO_SPAPI_CLIENT_ID and
// the others that amazonEnv names.
type Amazon struct {
	LWA        string          `yaml:"lwa"`        // where tokens are made, or what stands in for it
	Containers bool            `yaml:"containers"` // ask Amazon about container numbers before other sources
	Accounts   []AmazonAccount `yaml:"accounts"`
}

// AmazonAccount is one authorisation. The three secrets are names of environment variables, never the secrets themselves.
type AmazonAccount struct {
	Name         string        `yaml:"name"`
	Region       string        `yaml:"region"`
	Marketplaces []string      `yaml:"marketplaces"`
	ClientID     string        `yaml:"client_id"`
	ClientSecret string        `yaml:"client_secret"`
	RefreshToken string        `yaml:"refresh_token"`
	API          string        `yaml:"api"`       // another base for all requests, for a proxy or a test
	Grantless    bool          `yaml:"grantless"` // the Tracking API takes a grantless token
	Shipping     string        `yaml:"shipping"`  // AmazonShipping_US …: ask Shipping v2 about TBA numbers
	Carrier      string        `yaml:"carrier"`   // the carrierId for it
	Reauthorise  shipment.Date `yaml:"reauthorise_by"`
	RotateSecret shipment.Date `yaml:"rotate_secret_by"`
}

// amazonEnv is the account of the environment, when any of it is set.
func amazonEnv() (a AmazonAccount, lwa string, ok bool) {
	const prefix = "XIAOBAO_SPAPI_"
	for _, name := range []string{"CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN"} {
		ok = ok || os.Getenv(prefix+name) != ""
	}
	a = AmazonAccount{
		Region: os.Getenv(prefix + "REGION"), ClientID: prefix + "CLIENT_ID", ClientSecret: prefix + "CLIENT_SECRET", RefreshToken: prefix + "REFRESH_TOKEN",
		API: os.Getenv(prefix + "API"), Shipping: os.Getenv(prefix + "SHIPPING"),
	}
	if a.Region == "" {
		a.Region = "na"
	}
	if list := os.Getenv(prefix + "MARKETPLACES"); list != "" {
		a.Marketplaces = strings.Split(list, ",")
	}
	return a, os.Getenv(prefix + "LWA"), ok
}

// newAmazon makes the source; nil when no account is set up.
func newAmazon(c Amazon, now func() time.Time, log *slog.Logger) (*spapi.Source, error) {
	accounts := c.Accounts
	if env, lwa, ok := amazonEnv(); ok && len(accounts) == 0 {
		accounts = []AmazonAccount{env}
		if lwa != "" {
			c.LWA = lwa
		}
	}
	if len(accounts) == 0 {
		return nil, nil
	}
	var faults []error
	conf := spapi.Config{LWA: c.LWA, NoContainers: !c.Containers, UserAgent: "Xiaobao/1.0 (Language=Go)", Now: now, Log: log}
	for i, a := range accounts {
		name := a.Name
		if name == "" {
			name = a.Region
		}
		secret := func(what, variable string) string {
			value := os.Getenv(variable)
			switch {
			case variable == "":
				faults = append(faults, fmt.Errorf("amazon account %d (%s): %s must name an environment variable", i+1, name, what))
			case value == "":
				faults = append(faults, fmt.Errorf("amazon account %d (%s): the environment variable %s, its %s, is not set", i+1, name, variable, strings.ReplaceAll(what, "_", " ")))
			}
			return value
		}
		conf.Accounts = append(conf.Accounts, spapi.Account{
			Name: a.Name, Region: a.Region, Marketplaces: a.Marketplaces, API: a.API, Grantless: a.Grantless, Business: a.Shipping, Carrier: a.Carrier,
			ClientID: secret("client_id", a.ClientID), ClientSecret: secret("client_secret", a.ClientSecret), RefreshToken: secret("refresh_token", a.RefreshToken),
			Reauthorise: a.Reauthorise, RotateSecret: a.RotateSecret,
		})
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("%w\n  see docs/amazon.md", errors.Join(faults...))
	}
	s, err := spapi.New(conf)
	if err != nil {
		return nil, fmt.Errorf("%w\n  see docs/amazon.md", err)
	}
	return s, nil
}

// AmazonCmd is `xiaobao amazon`.
type AmazonCmd struct {
	Check     AmazonCheckCmd     `cmd:"" help:"Try what each account may be used for, and say how to mend what does not work."`
	Show      AmazonShowCmd      `cmd:"" help:"Show everything Amazon knows of one FBA shipment."`
	Subscribe AmazonSubscribeCmd `cmd:"" help:"Have Amazon tell EventBridge, or an SQS queue, of tracking milestones."`
}

// source is the source that a command asks.
func (AmazonCmd) source(path string, o outside) (*spapi.Source, error) {
	c, err := readConfig(path)
	if err != nil {
		return nil, err
	}
	s, err := newAmazon(c.Amazon, o.now, newLog(o.errs, "error"))
	if err == nil && s == nil {
		err = errors.New("no Amazon account is set up 没有配置亚马逊账号: set XIAOBAO_SPAPI_CLIENT_ID, XIAOBAO_SPAPI_CLIENT_SECRET and XIAOBAO_SPAPI_REFRESH_TOKEN, see docs/amazon.md")
	}
	return s, err
}

// AmazonCheckCmd is `xiaobao amazon check`.
type AmazonCheckCmd struct{}

// topics says in both languages what a topic is good for.
var topics = map[spapi.Topic]string{
	spapi.TopicLogin:         "login 授权",
	spapi.TopicStore:         "store, which marketplaces it sells in 店铺及站点",
	spapi.TopicFBA:           "FBA shipments: status, units received 货件状态与接收数量",
	spapi.TopicPlans:         "FBA plans: boxes, tracking numbers 入库计划、箱子、运单号",
	spapi.TopicTracking:      "tracking: milestones, customs, estimates 物流轨迹、清关、预计送达",
	spapi.TopicAWD:           "AWD shipments AWD 货件",
	spapi.TopicShipping:      "Amazon Shipping parcels 亚马逊配送包裹",
	spapi.TopicSolicitations: "asking buyers for reviews 邀请买家评价",
	spapi.TopicFeedback:      "what buyers say (topics) 买家评论主题",
}

// Run tries and prints. It fails when a login or FBA does not work, so that a script can tell.
func (AmazonCheckCmd) Run(ctx context.Context, cli *CLI, o outside) error {
	s, err := AmazonCmd{}.source(cli.Config, o)
	if err != nil {
		return err
	}
	bad := false
	account := ""
	for _, f := range s.Check(ctx) {
		if f.Account != account {
			account = f.Account
			fmt.Fprintf(o.out, "%s\n", account)
		}
		mark, more := "ok  可用  ", ""
		switch {
		case spapi.NotSetUp(f.Err):
			mark = "-   未配置"
		case f.Err != nil:
			mark, more = "NO  不可用", "\n        "+why(f)
			bad = bad || f.Topic == spapi.TopicLogin || f.Topic == spapi.TopicFBA
		case f.Detail != "":
			more = ": " + f.Detail
		}
		fmt.Fprintf(o.out, "  %s  %s%s\n", mark, topics[f.Topic], more)
	}
	for _, e := range s.Ends(shipment.DateOf(o.now()), 30) {
		what := map[string]string{"authorisation": "the seller must authorise the app again by 需重新授权，截止", "secret": "the client secret must be replaced by 需更换客户端密钥，截止"}[e.What]
		fmt.Fprintf(o.out, "  !   %s: %s %s (%d days 天)\n", e.Account, what, e.On, e.Days)
	}
	if bad {
		return errors.New("FBA shipments cannot be followed with this account yet 目前无法跟踪 FBA 货件")
	}
	return nil
}

// why is what a finding means and how to mend it.
func why(f spapi.Finding) string {
	switch {
	case f.Mend != "":
		return f.Mend + "\n        在卖家平台重新授权或在开发者控制台核对密钥，更新环境变量后重启。"
	case errors.Is(f.Err, spapi.ErrDenied):
		role := "the role of this API 该接口对应的角色"
		if f.Role != "" {
			role = "the role 角色 “" + f.Role + "”"
		}
		return "the app lacks " + role + ": request it in the developer profile, add it to the app, authorise the app again.\n        请在开发者资料中申请该角色，添加到应用，再重新授权。"
	case errors.Is(f.Err, spapi.ErrBusy), errors.Is(f.Err, spapi.ErrDown):
		return f.Err.Error() + "\n        try again later; if it stays, look at the network or proxy 稍后再试；若一直如此，请检查网络或代理。"
	}
	return f.Err.Error()
}

// AmazonSubscribeCmd is `xiaobao amazon subscribe`.
type AmazonSubscribeCmd struct {
	AWSAccount string `name:"aws-account" required:"" xor:"where" help:"EventBridge: the AWS account's number, 12 digits."`
	AWSRegion  string `name:"aws-region" default:"us-east-1" help:"EventBridge: its region."`
	Queue      string `name:"queue" required:"" xor:"where" help:"SQS: the ARN of a standard queue. It is read by a program built with -tags sqs."`
}

// Run subscribes and says what is left to do.
func (c *AmazonSubscribeCmd) Run(ctx context.Context, cli *CLI, o outside) error {
	to, left, err := c.destination()
	if err != nil {
		return err
	}
	s, err := AmazonCmd{}.source(cli.Config, o)
	if err != nil {
		return err
	}
	if err := s.Subscribe(ctx, to); err != nil {
		return err
	}
	_, err = fmt.Fprintln(o.out, "Subscribed 已订阅. "+left)
	return err
}

// destination is where Amazon is to write, and what is left to do then.
func (c *AmazonSubscribeCmd) destination() (to spapi.Destination, left string, err error) {
	switch {
	case c.Queue != "" && (!strings.HasPrefix(c.Queue, "arn:aws") || strings.Count(c.Queue, ":") != 5 || strings.HasSuffix(c.Queue, ".fifo")):
		return to, "", fmt.Errorf("--queue: %q is not the ARN of a standard queue, such as arn:aws:sqs:us-east-1:444455556666:xiaobao", c.Queue)
	case c.Queue != "":
		return spapi.SQS(c.Queue), "Set XIAOBAO_SQS_URL and start a program built with -tags sqs; see docs/amazon.md.\n请设置 XIAOBAO_SQS_URL，并运行带 -tags sqs 编译的程序，见 docs/amazon.zh.md。", nil
	case len(c.AWSAccount) != 12 || strings.Trim(c.AWSAccount, "0123456789") != "":
		return to, "", fmt.Errorf("--aws-account: %q is not the 12 digits of an AWS account", c.AWSAccount)
	}
	return spapi.EventBridge(c.AWSAccount, c.AWSRegion), "In EventBridge, accept the partner event source and send its events to /hooks/amazon/main; see docs/amazon.md.\n请在 EventBridge 接受合作伙伴事件源，并把事件发到 /hooks/amazon/main，见 docs/amazon.zh.md。", nil
}

// AmazonShowCmd is `xiaobao amazon show`.
type AmazonShowCmd struct {
	Number string `arg:"" help:"The shipment's id, FBA…"`
}

// Run asks and prints.
func (c *AmazonShowCmd) Run(ctx context.Context, cli *CLI, o outside) error {
	s, err := AmazonCmd{}.source(cli.Config, o)
	if err != nil {
		return err
	}
	d, err := s.Show(ctx, strings.ToUpper(strings.TrimSpace(c.Number)))
	switch {
	case errors.Is(err, spapi.ErrUnknown):
		return fmt.Errorf("no account knows %s 所有账号都没有这个货件: check the id, the region and the marketplaces", c.Number)
	case err != nil:
		return err
	}
	return printDetail(o.out, d)
}

func printDetail(out io.Writer, d spapi.Detail) error {
	var b strings.Builder
	line := func(what, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s  %s\n", what, value)
		}
	}
	line("shipment 货件     ", d.ID+"  ("+d.Account+", "+d.Marketplace+")")
	line("status 状态       ", d.Status)
	line("warehouse 仓库    ", d.Centre)
	if d.Count.Shipped > 0 {
		line("received 已接收   ", fmt.Sprintf("%d / %d", d.Count.Received, d.Count.Shipped))
	}
	line("plan 计划         ", d.Plan)
	line("shipment id       ", d.Inbound)
	if d.Window[1] != "" {
		line("window 送达窗口   ", d.Window[0]+" – "+d.Window[1])
	}
	line("numbers 运单号    ", strings.Join(d.Numbers, ", "))
	if n := len(d.Boxes); n > 0 {
		units := 0
		for _, box := range d.Boxes {
			units += box.Units
		}
		line("boxes 箱数        ", fmt.Sprintf("%d, %d units 件", n, units))
	}
	for _, e := range d.Events {
		if e.Text != "" {
			fmt.Fprintf(&b, "  %s  %-20s %s  %s\n", e.At.UTC().Format("2006-01-02 15:04Z"), e.Status, e.Place.Name, e.Text)
		}
	}
	for _, err := range d.Unanswered {
		fmt.Fprintf(&b, "not answered 未取得: %v\n", err)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

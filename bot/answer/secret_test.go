package answer_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"xiaobao/bot/answer"
)

// The tokens below are put together at run time, so that no scanner takes this file for a leak.
var (
	slackToken  = "xox" + "b-1234567890-abcdefABCDEF"
	awsKey      = "AK" + "IAABCDEFGHIJKLMNO7"
	amazonToken = "At" + "zr|IwEBIabcdefghij0123456789"
	openKey     = "sk" + "-abcdefghijklmnopqrstuv1234"
	discordBot  = "MTIzNDU2Nzg5MDEyMzQ1Njc4" + ".Gabcde." + "abcdefghijklmnopqrstuvwxyz0123456789"
)

func TestSecrets(t *testing.T) {
	for _, c := range []struct{ text, want string }{ // want: kind=what is masked, parted by |
		{"4111111111111111", "card=4111111111111111"},
		{"my card 4111 1111 1111 1111 exp 12/28", "card=4111 1111 1111 1111"},
		{"4111-1111-1111-1111", "card=4111-1111-1111-1111"},
		{"卡４１１１１１１１１１１１１１１１。", "card=４１１１１１１１１１１１１１１１"},
		{"4111\u200b1111\u200b1111\u200b1111", "card=4111\u200b1111\u200b1111\u200b1111"},
		{"378282246310005", "card=378282246310005"},
		{"3782 822463 10005", "card=3782 822463 10005"},
		{"信用卡 5555555555554444", "card=5555555555554444"},
		{"6212345678901232", "card=6212345678901232"},
		{"6011000990139424 and 3530111333300000", "card=6011000990139424|card=3530111333300000"},
		{"card: 4222222222222", "card=4222222222222"},
		{"cvv 123", "card=123"},
		{"11010519491231002X", "id=11010519491231002X"},
		{"身份证号：11010519491231002x", "id=11010519491231002x"},
		{"我的身份证是 440524188001010014", ""},
		{"110105 19491231 002X", "id=110105 19491231 002X"},
		{"130503670401001", "id=130503670401001"},
		{"密码:Abc12345", "password=Abc12345"},
		{"密码是hunter2", "password=hunter2"},
		{"我的密码：ｈｕｎｔｅｒ２！", "password=ｈｕｎｔｅｒ２"},
		{"Password: hunter2.", "password=hunter2"},
		{"my password is correcthorse", "password=correcthorse"},
		{"pwd=a1b2", "password=a1b2"},
		{"登录密码 Seller2026!", "password=Seller2026"},
		{"hunter22 is my password", "password=hunter22"},
		{"验证码 123456", "code=123456"},
		{"验证码是：123456，请勿泄露", "code=123456"},
		{"【亚马逊】123456为您的验证码", "code=123456"},
		{"123456 is your Amazon OTP. Do not share it.", "code=123456"},
		{"OTP 123456", "code=123456"},
		{"verification code: 123 456", "code=123 456"},
		{"Your verification code is G-123456", "code=G-123456"},
		{"卡号 12345678901", "account=12345678901"},
		{"银行账号：1100 1234 5678 901", "account=1100 1234 5678 901"},
		{"bank account number is 123456789", "account=123456789"},
		{"DE89 3704 0044 0532 0130 00", "account=DE89 3704 0044 0532 0130 00"},
		{"NL91ABNA0417164300", "account=NL91ABNA0417164300"},
		{"two groups: 4111111111111111", "card=4111111111111111"},
		{"order 4111 1111 1111 1111", "card=4111 1111 1111 1111"},
		{"pay the order with 4111111111111111", "card=4111111111111111"},
		{"GB82WEST12345698765432", "account=GB82WEST12345698765432"},
		{"token " + slackToken, "token=" + slackToken},
		{awsKey, "token=" + awsKey},
		{"refresh_token=" + amazonToken + " ok", "token=" + amazonToken},
		{"key:" + openKey, "token=" + openKey},
		{discordBot, "token=" + discordBot},
		{"client secret: abcd1234efgh", "token=abcd1234efgh"},
		{"Authorization: Bearer abcdefghijklmnop1234567890", "token=abcdefghijklmnop1234567890"},

		// What must be left alone.
		{"91350100M000100Y43", ""}, {"91110000600037341L", ""}, {"11110000000000000X", ""},
		{"1Z999AA10123456784", ""}, {"1Z 999 AA1 01 2345 6784", ""}, {"RR123456785CN", ""}, {"YT2229521272164446", ""}, {"TBA502887274000", ""}, {"LP00492755414105", ""}, {"4PX3000123456789CN", ""},
		{"340123456789012340", ""}, {"tracking 4002847016405018", ""}, {"运单号 4002847016405018", ""}, {"9400111899223197428490", ""}, {"020-12345675", ""}, {"CSQU3054383", ""},
		{"8504401990999", ""}, {"8504.40.95.10", ""}, {"+86 138 0013 8000", ""}, {"13800138000", ""}, {"0086-755-88888888", ""},
		{"FBA15ABCDEFGU000001", ""}, {"91-1144442", ""}, {"4006381333931", ""}, {"036000291452", ""}, {"98412345678908", ""}, {"6901234567892", ""},
		{"113-1234567-1234567", ""}, {"订单 402-1234567-1234567", ""}, {"DE123456789012345", ""}, {"GB123456789000", ""}, {"DE136695976", ""}, {"NL004495445B01", ""}, {"240123-45678", ""},
		{"为什么要密码?", ""}, {"do you need my password?", ""}, {"密码是什么？", ""}, {"密码是多少", ""}, {"忘记密码怎么办", ""}, {"密码错误", ""}, {"密码:", ""}, {"my password is wrong", ""}, {"the password is required for login", ""}, {"password is not working", ""}, {"密码6-20位", ""}, {"password: required", ""}, {"密码：******", ""},
		{"我没有收到验证码", ""}, {"验证码10分钟内有效", ""}, {"verification code not received", ""}, {"where do I find the OTP?", ""}, {"HS code 850440", ""}, {"校验码不对", ""},
		{"卡号是什么", ""}, {"do you need my card number?", ""}, {"需要银行卡吗", ""}, {"sk-1234", ""}, {"SKU sk-red-large-2026", ""},
		{"1000 2000 3000 4000", ""}, {"60x40x50 cm, 20 cartons", ""}, {"2026-12-01", ""}, {"", ""}, {"令牌在哪里看", ""}, {"ASIN B003ZYF3LO", ""},
	} {
		var got []string
		for _, s := range answer.Secrets(c.text) {
			got = append(got, string(s.Kind)+"="+c.text[s.Start:s.End])
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("Secrets(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

func TestRedact(t *testing.T) {
	text := "卡 4111 1111 1111 1111，密码:abc123，谢谢"
	if got := answer.Redact(text, answer.Secrets(text), "■"); got != "卡 ■，密码:■，谢谢" {
		t.Errorf("Redact = %q", got)
	}
}

// TestCardsAreFound says that every number with an issuer and a right check digit is found, wherever it stands.
func TestCardsAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.StringMatching(`4[0-9]{14}|5[1-5][0-9]{13}|62[0-9]{13}|62[0-9]{16}|6011[0-9]{11}|3[47][0-9]{12}`).Draw(t, "body")
		number := body + luhnDigit(body)
		before := rapid.SampledFrom([]string{"", "号码是", "here it is: ", "(", "\n"}).Draw(t, "before")
		after := rapid.SampledFrom([]string{"", "。", " thanks", ")", "\n"}).Draw(t, "after")
		text := before + number + after
		for _, s := range answer.Secrets(text) {
			if text[s.Start:s.End] == number {
				return
			}
		}
		t.Fatalf("Secrets(%q) = %v", text, answer.Secrets(text))
	})
}

func luhnDigit(body string) string {
	sum := 0
	for i := range len(body) {
		d := int(body[len(body)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return string(rune('0' + (10-sum%10)%10))
}

// FuzzAnswer gives any text to every reader: none may panic, hang, or break a promise about its result.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{"yes", "2.", "1,234.5 kg", "三万五", "12/01/2026", "下周一", "长60宽40高50", "¥3万", "a, b\n1. c", "密码:abc123", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "半", "百分之", "\xff\xfe", "ＡＢＣ", "-----BEGIN RSA PRIVATE KEY-----"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		clean, _ := answer.Clean(text, 100)
		if utf8.RuneCountInString(clean) > 100 || !utf8.ValidString(clean) {
			t.Fatalf("Clean(%q) = %q", text, clean)
		}
		yesNo.YesNo(text)
		for _, id := range countries.Match(text).IDs {
			if !strings.Contains("us uk de fr jp", id) {
				t.Fatalf("Match(%q) invents %q", text, id)
			}
		}
		countries.Choices(text)
		if q, ok := answer.Number(text); ok {
			if again, ok := answer.Number(q.Value); !ok || again.Value != q.Value {
				t.Fatalf("Number(%q) = %+v, which is read as %+v", text, q, again)
			}
		}
		answer.Money(text)
		answer.Dimensions(text)
		answer.Lines(text)
		if w, ok := answer.Date(text, now, shanghai); ok && (!w.Day.Valid() || w.Or == w.Day) {
			t.Fatalf("Date(%q) = %+v", text, w)
		}
		at := 0
		for _, s := range answer.Secrets(text) {
			if s.Start < at || s.End <= s.Start || s.End > len(text) {
				t.Fatalf("Secrets(%q) = %+v", text, answer.Secrets(text))
			}
			at = s.End
		}
	})
}

func BenchmarkCleanYesNo(b *testing.B) {
	for _, text := range []string{"yes", "好的，谢谢您", "Yes, please!"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				clean, _ := answer.Clean(text, 200)
				yesNo.YesNo(clean)
			}
		})
	}
}

func BenchmarkReaders(b *testing.B) {
	run := func(name string, f func()) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
	run("match", func() { countries.Match("Germny") })
	run("number", func() { answer.Number("1.2万箱") })
	run("date", func() { answer.Date("2026年12月1日", now, shanghai) })
	run("dimensions", func() { answer.Dimensions("60x40x50 cm") })
	run("secrets", func() {
		answer.Secrets("我们公司在深圳，准备发 20 箱手机壳去美国，HS code 3926909989")
	})
	run("secrets 100k", func() { answer.Secrets(long) })
}

var long = strings.Repeat("发货 20 箱, order 113-1234567-1234567. ", 2500)

using KairosBoot.CloudConfig;
using KairosBoot.Linux;

namespace KairosBoot.Plan.Tests;

public class ShellConditionTests
{
    [Theory]
    [InlineData("[ -e /etc/passwd ]", true)]
    [InlineData("[ ! -e /etc/passwd ]", false)]
    [InlineData("test -d /etc && test ! -f /etc", true)]
    [InlineData("[ -d /etc/passwd ] || [ -r /etc/passwd ]", true)]
    [InlineData("[ -f /no ] || [ -e /etc ] && [ -e /no ]", false)]
    [InlineData("! [ -f /no ] && ! [ -d /no ]", true)]
    [InlineData("( [ -f /no ] || [ -d /etc ] ) && [ -e /etc ]", true)]
    [InlineData("[ -f /no ] ||\n  [ -e /etc ]\n", true)]
    [InlineData("[ -f /no ] \\\n  || [ -e /etc ]", true)]
    [InlineData("# why\n[ -e /etc ]\n", true)]
    [InlineData("[ -s /dev/null ]", false)]
    [InlineData("[ -L /proc/self ]", true)]
    [InlineData("grep -q root /etc/passwd", true)]
    [InlineData("grep -q \"root:x\" /etc/passwd", true)]
    [InlineData("grep -q ro.t /etc/passwd", true)]
    [InlineData("grep -q root /no/such/file", false)]
    [InlineData("! grep -q root /no/such/file", true)]
    [InlineData("[ -e /no ] && systemctl is-active x", false)]
    [InlineData("true", true)]
    public void Common_tests_need_no_shell_and_agree_with_it(string script, bool holds)
    {
        Assert.Equal(holds, ShellCondition.Evaluate(script));
        var shell = ChildProcess.Run("/bin/sh", ["-c", script], ["PATH=/usr/bin:/bin"], TimeSpan.FromSeconds(10));
        Assert.Equal(holds, shell.ExitCode == 0);
    }

    [Theory]
    [InlineData("[ -e $HOME ]")]
    [InlineData("[ -e /etc/*.conf ]")]
    [InlineData("[ -e relative ]")]
    [InlineData("[ a = a ]")]
    [InlineData("[ 1 -lt 2 ]")]
    [InlineData("[ -x /bin/sh ]")]
    [InlineData("[ -e /etc ]\r\n")]
    [InlineData("[ -e /etc ]; true")]
    [InlineData("'!' true")]
    [InlineData("cat /proc/cmdline | grep -q x")]
    [InlineData("grep -q x < /proc/cmdline")]
    [InlineData("grep -q x")]
    [InlineData("grep -c x /etc/passwd")]
    [InlineData("grep -qw /cOS/active.img /proc/cmdline")]
    [InlineData("grep -qi x /etc/passwd")]
    [InlineData("grep -q -- x /etc/passwd")]
    [InlineData("grep -q -v /etc/passwd")]
    [InlineData("grep -q '^root' /etc/passwd")]
    [InlineData("grep -q '[[:space:]]x' /etc/passwd")]
    [InlineData("[ -e /a -a -e /b ]")]
    [InlineData("test -e `pwd`")]
    [InlineData("systemctl is-active x")]
    [InlineData("if true")]
    [InlineData("f ( ) true")]
    [InlineData("true & false")]
    [InlineData("[ -e /etc")]
    [InlineData("( true")]
    [InlineData("'unclosed")]
    [InlineData("true &&")]
    [InlineData("A=1 true")]
    [InlineData("")]
    public void Other_conditions_are_left_to_a_shell(string script) => Assert.Null(ShellCondition.Evaluate(script));

    [Theory]
    [InlineData("Ubuntu.*|Debian.*", "Debian GNU/Linux 12", true)]
    [InlineData("^SUSE", "openSUSE", false)]
    [InlineData("(?i)opensuse", "openSUSE Leap", true)]
    [InlineData("a{2,3}b", "xaab", true)]
    [InlineData("^a{2,3}b", "aaaab", false)]
    [InlineData("a{,2}", "a{,2}", true)]
    [InlineData("^(ab|cd)+$", "abcdab", true)]
    [InlineData("^(ab|cd)+$", "abc", false)]
    [InlineData("^(a|b|c|d)e$", "ce", true)]
    [InlineData("^(a|(b|c)d|e)f$", "cdf", true)]
    [InlineData("[^0-9]", "123", false)]
    [InlineData("^[a-c-]+$", "a-b", true)]
    [InlineData("[]x]", "]", true)]
    [InlineData(@"\bnode\d+\b", "my-node12.example", true)]
    [InlineData(@"^\S+\.\w+$", "a.b", true)]
    [InlineData(@"12\.04", "12x04", false)]
    [InlineData("[[:digit:]]{2}", "a12", true)]
    [InlineData("(a*)*b", "aaaa", false)]
    [InlineData("", "anything", true)]
    [InlineData("x*", "", true)]
    public void Patterns_match_as_RE2_does(string pattern, string text, bool matches)
    {
        Assert.Equal(matches, Pattern.Parse(pattern).IsMatch(text));
        Assert.Equal(matches, System.Text.RegularExpressions.Regex.IsMatch(text,
            pattern.Replace("[[:digit:]]", "[0-9]").Replace("[]x]", @"[\]x]")));
    }

    [Theory]
    [InlineData("^(?!ubuntu).*")]
    [InlineData("(")]
    [InlineData("a)")]
    [InlineData("[a")]
    [InlineData("*a")]
    [InlineData(@"\1")]
    [InlineData("a{1001}")]
    [InlineData("(((a{1000}){1000}){1000})")]
    public void An_invalid_pattern_is_rejected(string pattern) => Assert.Throws<FormatException>(() => Pattern.Parse(pattern));

    [Fact]
    public void No_pattern_takes_more_than_linear_time()
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.False(Pattern.Parse("^(a+)+$").IsMatch(new string('a', 20_000) + "b"));
        Assert.InRange(watch.ElapsedMilliseconds, 0, 60_000);
    }
}

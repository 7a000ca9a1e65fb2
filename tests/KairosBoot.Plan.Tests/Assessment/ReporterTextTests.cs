namespace KairosBoot.Plan.Tests.Assessment;

public sealed class ReporterTextTests
{
    [Theory]
    [InlineData("kboot assess good")]
    [InlineData("/usr/bin/kboot assess good")]
    [InlineData("-/usr/bin/kboot  assess\tgood")]
    [InlineData("/bin/sh -c 'check && exec kboot assess good'")]
    [InlineData("if check; then kboot assess good; fi")]
    [InlineData("check || exit 1; (sleep 60; kboot assess good)&")]
    [InlineData("    - kboot assess good")]
    [InlineData("commands: [\"kboot assess good\"]")]
    [InlineData("[\"kboot\", \"assess\", \"good\"]")]
    [InlineData("@reboot root /usr/bin/kboot assess good")]
    [InlineData("kboot assess good active >/dev/null 2>&1 # the slot")]
    [InlineData("kboot \\\n  assess good")]
    public void A_line_that_runs_it_counts(string text) => Assert.True(ReporterText.Reports("first\n" + text + "\nlast"));

    [Theory]
    [InlineData("# kboot assess good")]
    [InlineData("check # then kboot assess good")]
    [InlineData("check;# kboot assess good")]
    [InlineData("echo kboot assess good")]
    [InlineData("check || logger 'kboot assess good was not run'")]
    [InlineData("kboot assess bad")]
    [InlineData("kboot assess wait")]
    [InlineData("kboot assess")]
    [InlineData("my-kboot assess good")]
    [InlineData("kboot assess goodbye")]
    [InlineData("")]
    public void A_line_that_does_not_run_it_does_not_count(string text) => Assert.False(ReporterText.Reports(text));

    [Theory]
    [InlineData("systemctl enable x.service", true)]
    [InlineData("systemctl start --no-block x", true)]
    [InlineData("    enable: [x]", true)]
    [InlineData("rc-update add x default", true)]
    [InlineData("systemctl disable x", false)]
    [InlineData("systemctl mask x.service", false)]
    [InlineData("systemctl enable xy", false)]
    public void A_config_can_start_a_unit(string text, bool starts) => Assert.Equal(starts, ReporterText.Starts(text, "x.service"));
}

namespace KairosBoot.Plan.Tests;

/// <summary>Kairos' /etc/cos/bootargs.cfg is a script: plain assignments are understood, everything else is named.</summary>
public sealed class KairosArgumentsTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("# nothing\n\nset kernel=/boot/vmlinuz\nset initramfs=/boot/initrd\n", "")]
    [InlineData("set kernelcmd=\"console=tty1 quiet\"", "console=tty1 quiet")]
    [InlineData("set kernelcmd='a=b'\r\n", "a=b")]
    [InlineData("set kernelcmd=quiet", "quiet")]
    [InlineData("set kernelcmd=\"root=LABEL=$label cos-img/filename=$img rd.live.dir=/ rd.live.squashimg=$img selinux=0\"", "selinux=0")]
    [InlineData("set kernelcmd=\"a\"\nset kernelcmd=\"$kernelcmd b\"\nset kernelcmd=\"c ${kernelcmd}\"", "c a b")]
    [InlineData("set kernelcmd=\"a\"\nset kernelcmd=\"b\"", "b")]
    [InlineData("set other=\"$(if)\"\nset kernelcmd=a", "a")]
    public void Plain_assignments_give_the_words_that_the_menu_does_not_set(string script, string words)
    {
        var parsed = KairosArguments.Parse(script);
        Assert.Equal((words, null), (string.Join(' ', parsed.Words), parsed.Problem));
    }

    [Theory]
    [InlineData("if [ -n \"$recoverylabel\" ]; then\nset kernelcmd=a\nfi", "line 1 is not an assignment: if [")]
    [InlineData("\nfunction setModel {\n}", "line 2 is not an assignment: function setModel {")]
    [InlineData("set kernelcmd=\"a $model_cmd\"", "line 1 has a variable: $model_cmd")]
    [InlineData("set kernelcmd=\"a\"; set b=c", "line 1 is not an assignment")]
    [InlineData("set kernelcmd=a b", "line 1 is not an assignment")]
    [InlineData("set kernelcmd=\"a\\\"b\"", "line 1 is not an assignment")]
    [InlineData("set kernelcmd=\"panic=0\"", "line 1 cannot be used: panic=0")]
    [InlineData("set kernelcmd=\"kairosboot.slot=passive\"", "line 1 cannot be used: kairosboot.slot=")]
    [InlineData("set kernel=/boot/other", "line 1 names another file than /boot/vmlinuz")]
    [InlineData("source (loop0)/etc/cos/more.cfg", "line 1 is not an assignment")]
    public void Everything_else_is_named_and_nothing_is_used(string script, string problem)
    {
        var parsed = KairosArguments.Parse(script);
        Assert.Empty(parsed.Words);
        Assert.StartsWith(problem, parsed.Problem);
    }
}

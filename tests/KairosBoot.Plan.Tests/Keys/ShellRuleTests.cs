namespace KairosBoot.Plan.Tests;

public sealed class ShellRuleTests
{
    private const string Shadow = "daemon:*:1::::::\nroot:$6$salt$hash:19000:0:99999:7:::\n";

    private static readonly ShellPlaces None = new(), Whole = Image(Shadow);

    [Fact]
    public void Never_opens_no_shell() => Assert.Equal("kairosboot.shell=never", ShellRule.Decide(ShellMode.Never, Whole).Refusal);

    [Fact]
    public void Auth_opens_the_sulogin_of_the_image()
    {
        var shell = ShellRule.Decide(ShellMode.Auth, Whole);
        Assert.Equal(("/sysroot", "/usr/sbin/sulogin", null), (shell.Root, shell.Program, shell.Refusal));
    }

    [Theory]
    [InlineData("root:!:1::::::\n", "the root account is locked in the image")]
    [InlineData("root:!$6$salt$hash:1::::::\n", "the root account is locked in the image")]
    [InlineData("root:*:1::::::\n", "the root account is locked in the image")]
    [InlineData("root::1::::::\n", "root has no password in the image")]
    [InlineData("root:\n", "root has no password in the image")]
    [InlineData("toor:$6$salt$hash:1::::::\n", "the image's /etc/shadow has no line for root")]
    [InlineData("", "the image's /etc/shadow has no line for root")]
    [InlineData(null, "the image's /etc/shadow has no line for root")]
    public void Auth_opens_no_shell_without_a_password_to_ask_for(string? shadow, string refusal) =>
        Assert.Equal(refusal, ShellRule.Decide(ShellMode.Auth, Image(shadow)).Refusal);

    [Fact]
    public void Auth_opens_no_shell_of_the_initrd()
    {
        var shell = ShellRule.Decide(ShellMode.Auth, new() { HasDebugShell = true });
        Assert.Equal("no image is mounted whose sulogin could ask for a password", shell.Refusal);
        Assert.Equal("the image has no sulogin", ShellRule.Decide(ShellMode.Auth, new() { Image = "/", Shell = "/bin/sh" }).Refusal);
    }

    [Fact]
    public void Always_opens_the_shell_of_the_image_or_that_of_the_initrd()
    {
        var shell = ShellRule.Decide(ShellMode.Always, new() { Image = "/sysroot", Shell = "/usr/bin/sh", HasDebugShell = true });
        Assert.Equal(("/sysroot", "/usr/bin/sh", null), (shell.Root, shell.Program, shell.Refusal));
        shell = ShellRule.Decide(ShellMode.Always, new() { Image = "/sysroot", HasDebugShell = true });
        Assert.Equal(("/", "/debug-shell/sh", null), (shell.Root, shell.Program, shell.Refusal));
        Assert.StartsWith("no image with a shell is mounted, and the initrd has none", ShellRule.Decide(ShellMode.Always, None).Refusal,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", true, ShellMode.Never, "")]
    [InlineData("kairosboot.keys=off kairosboot.shell=auth kairosboot.break=handover,disk", false, ShellMode.Auth, "Disk HandOver")]
    [InlineData("kairosboot.shell=always kairosboot.break=disk kairosboot.break=,image,", true, ShellMode.Always, "Image")]
    public void The_options_are_parsed(string commandLine, bool takesKeys, ShellMode mode, string breaks)
    {
        var request = BootRequestParser.Parse(KernelCommandLine.Parse(commandLine));
        Assert.Equal((takesKeys, mode, breaks),
            (request.TakesKeys, request.Shell, string.Join(' ', Enum.GetValues<BootStep>().Where(request.HasBreak))));
        Assert.Empty(request.Warnings);
    }

    [Fact]
    public void The_warning_about_a_wrong_step_names_all_steps() =>
        Assert.Contains($"({string.Join(", ", Enum.GetValues<BootStep>().Select(step => step.Name()))})", BootSteps.NoSuchStep,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("kairosboot.keys=no", "kairosboot.keys=no is not valid (expected on or off); the default is used")]
    [InlineData("kairosboot.shell", "kairosboot.shell= is not valid (expected never, auth or always); the default is used")]
    [InlineData("kairosboot.break=Disk", "kairosboot.break: Disk is not a step of the boot (disk, image, rootfs, layout, volumes, " +
        "initramfs, handover); it is ignored")]
    public void Wrong_values_are_reported(string commandLine, string warning) =>
        Assert.Equal(warning, Assert.Single(BootRequestParser.Parse(KernelCommandLine.Parse(commandLine)).Warnings));

    [Fact]
    public void A_shell_without_a_password_cannot_be_a_lasting_argument_of_a_machine()
    {
        Assert.Contains("give it at the boot menu, for one boot", Karg.Problem("kairosboot.shell=always"), StringComparison.Ordinal);
        Assert.All(["kairosboot.shell=auth", "kairosboot.shell=never", "kairosboot.keys=off", "kairosboot.break=volumes"],
            word => Assert.Null(Karg.Problem(word)));
    }

    [Fact]
    public void A_log_is_shown_from_its_end()
    {
        var pages = new LogPages(string.Join('\n', Enumerable.Range(1, 45)) + "\n" + new string('x', 500) + "\n");
        var page = pages.Next();
        Assert.Equal("log, lines 27 to 46 of 46", page[0]);
        Assert.Equal(new string('x', 240) + " ...", page[^1]);
        Assert.Equal(["log, lines 7 to 26 of 46", "7"], pages.Next()[..2]);
        Assert.Equal(["log, lines 1 to 6 of 46", "1", "2", "3", "4", "5", "6"], pages.Next());
        Assert.Equal(page, pages.Next());
        Assert.Equal(["log, lines 1 to 1 of 1", ""], new LogPages("").Next());
    }

    private static ShellPlaces Image(string? shadow) => new()
    {
        Image = "/sysroot", SuLogin = "/usr/sbin/sulogin", Shell = "/usr/bin/sh", Shadow = shadow, HasDebugShell = true,
    };
}

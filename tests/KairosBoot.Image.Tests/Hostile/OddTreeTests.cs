using KairosBoot.CloudConfig.Booted;
using Xunit.Abstractions;

namespace KairosBoot.Image.Tests;

/// <summary>Trees and archives with any kind of file at each path that kboot reads, through each command that takes them.</summary>
public sealed class OddTreeTests(ITestOutputHelper log) : OddInput(log)
{
    private const int Sample = 35;
    private const string Modules = $"lib/modules/{SyntheticKernel.Release}";

    private static readonly string[] Paths =
    [
        "etc", "etc/os-release", "usr/lib/os-release", "etc/passwd", "etc/group", "etc/machine-id", "etc/ssh", "etc/ssh/ssh_host_rsa_key",
        "etc/systemd/system", "etc/systemd/system/a.service", "usr/lib/systemd/systemd", "etc/inittab", "etc/runlevels/default",
        "boot", "boot/vmlinuz", $"boot/vmlinuz-{SyntheticKernel.Release}", "boot/initrd", "boot/kargs", "lib", "lib/modules", Modules,
        $"{Modules}/modules.dep", $"{Modules}/modules.alias", $"{Modules}/modules.softdep", $"{Modules}/modules.builtin",
        $"{Modules}/modules.builtin.modinfo", $"{Modules}/kernel", $"{Modules}/kernel/virtio_blk.ko", $"{Modules}/vmlinuz",
        "lib/modules/6.2.0/modules.dep", "usr", "usr/local", "usr/lib/kairosboot", "usr/lib/kairosboot/kargs.d",
        "usr/lib/kairosboot/kargs.d/a.conf", "usr/lib/kairosboot/kairos-boot", "usr/lib/kairosboot/grub",
        "usr/lib/kairosboot/grub/core.img", "usr/bin/kboot", "usr/sbin/suc-upgrade", "sbin", "sbin/init", "usr/lib/init", "oem",
        "oem/a.yaml", "system/oem/a.yaml", "usr/local/cloud-config/a.yaml", "dev", "proc", "tmp", "home/user/file",
    ];

    private string Root => PathOf("root");

    [Fact]
    public void Any_file_at_any_path_is_accepted_or_refused_with_a_fix()
    {
        SyntheticKernel.MakeBootable(PathOf("complete"));
        SyntheticKernel.MakeSystem(PathOf("small"));
        foreach (var name in (string[])["complete", "small"]) OddFile.AddNames(PathOf($"{name}/etc"));
        var kinds = OddFile.Kinds.Where(kind => Environment.IsPrivilegedProcess || !OddFile.RootKinds.Contains(kind));
        var rows = from path in Paths from kind in kinds select (path, kind);
        foreach (var (path, kind) in Some(rows, Sample))
        {
            HostTool.Run("cp", "-a", PathOf(Choice.Next(2) == 0 ? "complete" : "small"), Root);
            OddFile.Put(Root, path, kind, Choice);
            Doors($"{kind} at {path}", isHuge: kind == "sparse");
            OddFile.Delete(Root);
            File.Delete(PathOf("tree.tar"));
            File.Delete(PathOf("tree.img"));
        }

        Verify();
    }

    private void Doors(string what, bool isHuge)
    {
        Try($"lint, {what}", _ => Lint());
        var init = Path.Combine(PathOf("complete"), "kairos-boot");
        Try($"initrd build, {what}", token => OutputFile.Write(Output, file => HostFile.Write(file,
            InitrdBuilder.Build(new InitrdRequest(Root, null, "virtio", Compression: InitrdCompression.None, init), token).Content)));
        if (isHuge) return; // its content would be in the image
        var format = (ImageFormat)Choice.Next(3);
        Try($"image build --format {format}, {what}", token =>
            ImageBuilder.Build(new ImageRequest(Root, null, format, null, null, "virtio", init), Output, token));
        HostTool.Shell($"tar -C '{Root}' --ignore-failed-read --warning=none -cf '{PathOf("tree.tar")}' . 2>/dev/null || true");
        if (Choice.Next(3) == 0)
        {
            Try($"image build --tar, {what}", token =>
                ImageBuilder.Build(new ImageRequest(null, PathOf("tree.tar"), format, null, null, "virtio", init), Output, token));
        }

        if (Choice.Next(6) == 0) Disk(what);
    }

    // An image that another program made of the tree: no check of kboot has seen it.
    private void Disk(string what)
    {
        HostTool.Shell($"truncate -s 64M '{PathOf("tree.img")}' && mke2fs -qF -d '{Root}' '{PathOf("tree.img")}' || true");
        Try($"disk build, {what}", token => DiskBuilder.Build(new DiskRequest(PathOf("tree.img"), null, [], null, ""), Output, token));
    }

    private void Lint()
    {
        List<TreeFinding> findings = [.. TreeLint.Check(Root)];
        if (ReporterCheck.WarnOfTree(Root, []) is { } warning) findings.Add(warning);
        Assert.All(findings, finding => Assert.True(finding is { Problem.Length: > 10, Fix.Length: > 10 }));
        Assert.All(ConfigLint.CheckTree(Root, []), problem => Assert.NotEmpty(problem.Text));
    }
}

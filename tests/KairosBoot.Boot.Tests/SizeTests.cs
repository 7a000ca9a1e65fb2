using System.Text.RegularExpressions;

namespace KairosBoot.Boot.Tests;

/// <summary>Limits of sizes. The kernel takes about 65 ms to unpack each compressed MiB of an initrd.</summary>
public sealed class SizeTests
{
    private const long MiB = 1 << 20;

    [Fact]
    public void The_boot_program_is_at_most_4_MiB()
    {
        long size = new FileInfo(Assets.KairosBoot).Length;
        Figures.Add("kairos-boot", $"{size} bytes");
        Assert.InRange(size, 1, 4 * MiB);
    }

    /// <summary>ILLink.Substitutions.xml removes both from the program. The YAML parser works without them; other code would not.</summary>
    [Fact]
    public void The_boot_program_uses_neither_regular_expressions_nor_uris()
    {
        string[] sources = [.. ((string[])["Plan", "Linux", "Execution", "CloudConfig", "Init"])
            .SelectMany(project =>
                Directory.GetFiles(Path.Combine(Assets.Out, "../src/KairosBoot." + project), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))];
        Assert.True(sources.Length > 100);
        Assert.DoesNotContain(sources, file =>
            Regex.IsMatch(File.ReadAllText(file), @"\b(RegularExpressions|Regex|UriBuilder|new Uri|Uri\.)\b"));
    }

    [Fact]
    public void The_initrd_for_a_virtio_machine_is_at_most_2600_kB()
    {
        long size = new FileInfo(Assets.VirtioInitrd).Length;
        Figures.Add("initrd, virtio set", $"{size} bytes");
        Figures.Add("initrd, generic set", $"{new FileInfo(Assets.Initrd).Length} bytes");
        Assert.InRange(size, 1, 2_600_000);
    }
}

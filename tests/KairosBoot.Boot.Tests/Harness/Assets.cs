namespace KairosBoot.Boot.Tests;

/// <summary>What tests/run.sh made for the boot tier. A missing file fails the test that asks for it.</summary>
public static class Assets
{
    private static readonly string Root = FindRoot();

    /// <summary>The repository's <c>out/</c>.</summary>
    public static string Out => Path.Combine(Root, "out");

    public static string Kernel => Existing("kernel");

    /// <summary>A tree with the kernel and its modules.</summary>
    public static string KernelRoot => ExistingTree("kernel-root");

    public static string KairosBoot => Existing("kairos-boot");
    public static string KBoot => Existing("kboot");

    /// <summary><c>out/</c> of an earlier commit, whose disks and images the ones of this commit have to live with: tests/compatibility.sh makes it.</summary>
    public static string Earlier => Environment.GetEnvironmentVariable("KAIROSBOOT_EARLIER") ??
        throw new InvalidOperationException("KAIROSBOOT_EARLIER names no out/ of an earlier commit: run tests/compatibility.sh");

    public static string EarlierKBoot => Existing("kboot", Earlier);
    public static string EarlierVirtioInitrd => Existing("initrd-virtio", Earlier);

    /// <summary>The initrd with every storage driver, as it lies in the image.</summary>
    public static string Initrd => Existing("initrd");

    /// <summary>The initrd with only what a virtio machine needs.</summary>
    public static string VirtioInitrd => Existing("initrd-virtio");

    /// <summary>The Debian disk: raw, with demo.yaml on COS_OEM. Never booted itself, only through an overlay.</summary>
    public static string DebianDisk => Existing("debian.raw");

    public static string SystemImage => Existing("system.img");
    public static string RecoveryImage => Existing("recovery.squashfs");

    /// <summary>A tree with OpenRC and nothing else.</summary>
    public static string OpenRc => ExistingTree("openrc");

    /// <summary>A tree with another kernel, for any machine, and its modules.</summary>
    public static string GenericRoot => ExistingTree("generic-root");

    public static string GenericKernel => Existing("generic-kernel");

    /// <summary>The initrd for that kernel in a virtio machine with a watchdog.</summary>
    public static string GenericInitrd => Existing("generic-initrd");

    /// <summary>As much cloud-config as a distribution ships and an owner adds.</summary>
    public static string[] FleetConfigs => Directory.GetFiles(Path.Combine(Root, "tests/KairosBoot.Boot.Tests/Debian/Fleet"), "*.yaml");

    /// <summary>Cloud-config that makes the user the tests log in as.</summary>
    public static string DemoConfig => Path.Combine(Root, "initrd/debian/demo.yaml");

    /// <summary>What every report of a boot is held to.</summary>
    public static string ReportSchema => Path.Combine(Root, "src/KairosBoot.Plan/report.schema.json");

    private static string Existing(string name, string? outDirectory = null)
    {
        string path = Path.Combine(outDirectory ?? Out, "test-assets", name);
        // What is there is a link: its target's size is what is measured.
        FileSystemInfo? target = File.ResolveLinkTarget(path, returnFinalTarget: true);
        return target is { Exists: true } ? target.FullName : throw new FileNotFoundException($"{path} is missing: ./tests/run.sh boot makes it");
    }

    private static string ExistingTree(string name)
    {
        string path = Path.Combine(Out, "test-assets", name);
        return Directory.Exists(path) ? path : throw new DirectoryNotFoundException($"{path} is missing: ./tests/run.sh boot makes it");
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at != null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "KairosBoot.sln"))) return at.FullName;
        throw new DirectoryNotFoundException($"no KairosBoot.sln above {AppContext.BaseDirectory}");
    }
}

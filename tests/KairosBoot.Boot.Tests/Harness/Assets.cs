namespace KairosBoot.Boot.Tests;

/// <summary>Files that tests/assets.sh makes for the boot tier. A test fails if a file that it needs is missing.</summary>
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

    /// <summary><c>out/</c> of an earlier commit, for tests of compatibility with its disks and images. tests/compatibility.sh makes
    /// it.</summary>
    public static string Earlier => Environment.GetEnvironmentVariable("KAIROSBOOT_EARLIER") ??
        throw new InvalidOperationException("KAIROSBOOT_EARLIER names no out/ of an earlier commit: run tests/compatibility.sh");

    public static string EarlierKBoot => Existing("kboot", Earlier);
    public static string EarlierVirtioInitrd => Existing("initrd-virtio", Earlier);

    /// <summary>The initrd with all storage drivers, as in the image.</summary>
    public static string Initrd => Existing("initrd");

    /// <summary>The initrd with only the drivers of a virtio machine.</summary>
    public static string VirtioInitrd => Existing("initrd-virtio");

    /// <summary>The Debian disk: raw, with demo.yaml on COS_OEM. Machines write to an overlay, never to this file.</summary>
    public static string DebianDisk => Existing("debian.raw");

    public static string SystemImage => Existing("system.img");
    public static string RecoveryImage => Existing("recovery.squashfs");

    /// <summary>Directory with the disk, the images and the key of the recipe: tests/recipe.sh.</summary>
    public static string Recipe => ExistingTree("recipe");

    /// <summary>Follows the recipe for a release and an init, and prints such a directory.</summary>
    public static string RecipeScript => Path.Combine(Root, "tests/recipe.sh");

    /// <summary>A tree that contains only OpenRC.</summary>
    public static string OpenRc => ExistingTree("openrc");

    /// <summary>A tree with another kernel, for any machine, and its modules.</summary>
    public static string GenericRoot => ExistingTree("generic-root");

    public static string GenericKernel => Existing("generic-kernel");

    /// <summary>The initrd for that kernel in a virtio machine with a watchdog.</summary>
    public static string GenericInitrd => Existing("generic-initrd");

    /// <summary>The initrd for that kernel with the drivers of all common machines.</summary>
    public static string GenericDriversInitrd => Existing("generic-drivers-initrd");

    /// <summary>A tree with a kernel for arm64 and its modules, busybox, and GRUB's modules.</summary>
    public static string Arm64Root => ExistingTree("arm64-root");

    public static string Arm64Kernel => Existing("arm64-kernel");
    public static string Arm64Busybox => Path.Combine(Arm64Root, "bin/busybox");
    public static string Arm64Grub => Path.Combine(Arm64Root, "usr/lib/grub");
    public static string Arm64KairosBoot => Existing("arm64-kairos-boot");
    public static string Arm64KBoot => Existing("arm64-kboot");

    /// <summary>The initrd with only the drivers of a virtio machine.</summary>
    public static string Arm64Initrd => Existing("arm64-initrd-virtio");

    /// <summary>The initrd with all storage drivers.</summary>
    public static string Arm64GenericInitrd => Existing("arm64-initrd");

    /// <summary>Cloud-config of a realistic size: that of a distribution and that of an owner.</summary>
    public static string[] FleetConfigs => Directory.GetFiles(Path.Combine(Root, "tests/KairosBoot.Boot.Tests/Debian/Fleet"), "*.yaml");

    /// <summary>Cloud-config that creates the user for the login of the tests.</summary>
    public static string DemoConfig => Path.Combine(Root, "initrd/debian/demo.yaml");

    /// <summary>The schema of the boot report.</summary>
    public static string ReportSchema => Path.Combine(Root, "src/KairosBoot.Plan/report.schema.json");

    /// <summary>The schema of a plan.</summary>
    public static string PlanSchema => Path.Combine(Root, "src/KairosBoot.Plan/plan.schema.json");

    private static string Existing(string name, string? outDirectory = null)
    {
        string path = Path.Combine(outDirectory ?? Out, "test-assets", name);
        // The file is a link; the tests measure its target.
        FileSystemInfo? target = File.ResolveLinkTarget(path, returnFinalTarget: true);
        return target is { Exists: true } ? target.FullName
            : throw new FileNotFoundException($"{path} is missing; to fix: run tests/assets.sh boot");
    }

    private static string ExistingTree(string name)
    {
        string path = Path.Combine(Out, "test-assets", name);
        return Directory.Exists(path) ? path : throw new DirectoryNotFoundException($"{path} is missing; to fix: run tests/assets.sh boot");
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at != null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "KairosBoot.sln"))) return at.FullName;
        throw new DirectoryNotFoundException($"no KairosBoot.sln above {AppContext.BaseDirectory}");
    }
}

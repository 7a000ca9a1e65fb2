using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.Reports;

/// <summary>
/// What a boot leaves behind, in a mount namespace: /run, /oem on a disk, COS_STATE with counters, a kernel command line.
/// </summary>
internal sealed class ReportedMachine
{
    private ReportedMachine(string scratch) => Scratch = scratch;

    internal string Scratch { get; }

    /// <summary>Runs <paramref name="body"/> on the machine.</summary>
    internal static void Run(string commandLine, Action<ReportedMachine> body) => MountNamespace.Run(scratch =>
    {
        var machine = new ReportedMachine(scratch);
        Syscall.Mount("tmpfs", "/run", "tmpfs", MountFlags.None, "");
        Directory.CreateDirectory(SystemPaths.State);
        Directory.CreateDirectory(SystemPaths.Runtime);
        var isNew = !Directory.Exists(SystemPaths.Oem);
        if (isNew) Directory.CreateDirectory(SystemPaths.Oem);
        File.WriteAllText(scratch + "/cmdline", commandLine + "\n");
        Syscall.Mount(scratch + "/cmdline", "/proc/cmdline", "", MountFlags.Bind, "");
        File.WriteAllBytes(SystemPaths.State + SystemPaths.BootState, BootBlock.Write(new BootCounters { Active = new(1, true, "") }));
        File.WriteAllText(SystemPaths.Report, Report("good", ""));
        File.WriteAllText(SystemPaths.Log, "");
        try { body(machine); }
        finally
        {
            Syscall.Umount("/proc/cmdline");
            MountTable.UnmountBelow([SystemPaths.Oem, "/run"]);
            if (isNew) Directory.Delete(SystemPaths.Oem);
        }
    });

    /// <summary>Mounts a new file system at /oem.</summary>
    internal void MountOem(string options = "rw")
    {
        var disk = Scratch + "/oem.disk";
        if (!File.Exists(disk)) MountNamespace.Tool("mke2fs", "-q", "-F", "-t", "ext4", disk, "8M");
        using var device = LoopDevice.Attach(disk, readOnly: options == "ro");
        Syscall.Mount(device.Path, SystemPaths.Oem, "ext4", options == "ro" ? MountFlags.ReadOnly : MountFlags.None, "");
    }

    /// <param name="verdict"><c>good</c> or <c>degraded</c>.</param>
    /// <param name="log">Log of an earlier, failed boot; in JSON.</param>
    internal static string Report(string verdict, string log) =>
        $$"""
        {"schema": 1, "verdict": "{{verdict}}", "slot": "active", "why": "order", "triesLeft": 1, "imageId": "0123456789abcdef0123",
          "kernel": "6.1.0", "kernelMicroseconds": 1200000, "stageMicroseconds": 900000,
          "assessment": {"countedBy": "loader", "problem": null, "givenUp": null, "active": 1, "passive": 3, "recovery": 3},
          "phases": {"start": 100000, "initramfs": 800000}, "problems": [],
          "failedBoots": [{"problem": "disk vanished", "log": "{{log}}"}],
          "cloudConfigProblems": [{"file": "/oem/a.yaml", "line": 3, "severity": "error", "key": "hostnme", "reason": "unknown key"}],
          "steps": [{"command": "mount -t ext4 /dev/vda5 /s", "class": "required", "result": "ok", "microseconds": 5,
            "startMicroseconds": 1300000}]}
        """;
}

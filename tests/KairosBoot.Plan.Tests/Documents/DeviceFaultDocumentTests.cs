namespace KairosBoot.Plan.Tests.Documents;

public sealed class DeviceFaultDocumentTests
{
    // What a message means is for people only. It is not in the table of the code, because that table is part of PID 1.
    private static readonly (DeviceFaultKind Kind, string Meaning)[] Meanings =
    [
        (DeviceFaultKind.Encrypted, "The data is intact. The initrd has no program to unlock it."),
        (DeviceFaultKind.Lvm, "The data is intact. The initrd does not activate logical volumes."),
        (DeviceFaultKind.Raid, "The data is intact. One member alone must not be written, so it is not mounted."),
        (DeviceFaultKind.Bcache, "The data is intact. A part of it may be on the caching device."),
        (DeviceFaultKind.Zfs, "The data is intact. The kernel has no driver of ZFS."),
        (DeviceFaultKind.Swap, "The name points to the wrong partition."),
        (DeviceFaultKind.Unreadable, "Disk, cable or controller is failing. On `COS_STATE`: the same boot continues in recovery."),
        (DeviceFaultKind.WriteProtected, "The data is intact. It is mounted read-only."),
        (DeviceFaultKind.TableBeyondDisk, "The kernel shows no partition of this disk. Data beyond its end is not accessible."),
        (DeviceFaultKind.FirstTableDamaged, "The kernel shows no partition of this disk. The partitions themselves are intact."),
        (DeviceFaultKind.TablesDamaged, "The kernel shows no partition of this disk."),
        (DeviceFaultKind.SuperblockDamaged, "The start of the partition was overwritten. Most of the data is intact."),
        (DeviceFaultKind.DeviceTooSmall, "The end of the file system is not accessible."),
        (DeviceFaultKind.UnknownContent, "The partition is empty or overwritten, or has a format that is not supported."),
    ];

    [Fact]
    public void The_document_has_each_fault_with_its_meaning_and_its_fix()
    {
        var rows = "| what you see | what it means | what to do |\n|---|---|---|\n";
        foreach (var (kind, meaning) in Meanings)
        {
            var fault = DeviceFaultTests.Devices.Where(row => row.Kind == kind).Select(row => DeviceFault.Of(row.Device)!)
                .SingleOrDefault(new DeviceFault(kind, DeviceFaultTests.Devices[0].Device));
            rows += $"| {fault.Problem} | {meaning} | {fault.Fix} |\n";
        }
        GeneratedPart.Check("docs/failures.md", "faults of devices", rows);
    }

    [Fact]
    public void Each_fault_has_one_meaning() => Assert.Equal(Enum.GetValues<DeviceFaultKind>(), Meanings.Select(row => row.Kind));
}

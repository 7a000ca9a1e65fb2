namespace KairosBoot.Plan.Tests.Reports;

/// <summary>A boot of 2.5 seconds, as a report and a log.</summary>
internal static class SampleReport
{
    internal const string Json =
        """
        {
          "schema": 1, "verdict": "degraded", "slot": "passive", "image": "/cOS/passive.img", "triesLeft": 2, "why": "order",
          "kernel": "6.1.0", "kernelMicroseconds": 1200000, "stageMicroseconds": 1300000, "imageId": "0123456789abcdef0123",
          "assessment": { "countedBy": "loader", "problem": null, "givenUp": "active: its image is damaged",
            "active": 0, "passive": 2, "recovery": 3 },
          "phases": { "start": 10000, "disk": 90000, "root": 100000, "rootfs": 200000, "initramfs": 900000 },
          "problems": [ { "class": "degraded", "text": "passive runs instead of active (active: its image is damaged)" } ],
          "failedBoots": [],
          "cloudConfigProblems": [
            { "file": "/oem/a.yaml", "line": 3, "severity": "error", "entry": "", "key": "hostnme", "reason": "unknown key" } ],
          "steps": [
            { "command": "mkdir -p /proc && mount -t proc proc /proc", "class": "required", "result": "ok", "microseconds": 0 },
            { "command": "mkdir -p /s && mount -t ext4 -o ro /dev/vda5 /s", "class": "required", "result": "ok",
              "microseconds": 30000, "startMicroseconds": 1310000 },
            { "command": "mount -o loop,ro /s/cOS/passive.img /sysroot", "class": "required", "result": "partial",
              "error": "only a part", "microseconds": 50000, "startMicroseconds": 1345000 } ],
          "devices": []
        }
        """;

    internal const string Log =
        """
        [    1.200100] info  booting passive from /cOS/passive.img, kernel 6.1.0
        [    1.401000] info  stage rootfs: /system/oem/00.yaml: layout
        [    1.402000] debug stage rootfs: /oem/a.yaml: none: skipped, if does not hold
        [    1.610000] info  stage initramfs: /oem/a.yaml: slow
        [    1.611000] info  slow: hello
        [    2.450000] info  stage initramfs: /oem/b.yaml: users
        not a line of the log
        [99999999999999999999.1] info  stage initramfs: x: y
        """;

    internal static ReportedBoot Boot => ReportReader.TryRead(Json)!;

    internal static GoodBoot Good => new("5c6b0a52-7d3e-4b6e-9a53-0f6d7f0f7f3c", 1_795_399_712, Slot.Active)
    {
        Why = "order", Image = "0123456789abcdef", Kernel = 1200, Initrd = 900, System = 8000, Lost = 1, Warnings = 2,
        Phases = [("start", 10), ("disk", 90)], Steps = ["Ab3x", "q-9w"],
    };
}

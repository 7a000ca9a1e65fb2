using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

public sealed class MachineIdTests
{
    private const string Known = "0123456789abcdef0123456789abcdef";

    private static string? Commit(string scratch, params string[] stores) => MachineId.Commit(
        new CommitMachineId(StepClass.Degraded, scratch + "/etc/machine-id", [.. stores.Select(store => scratch + store)]), out _);

    private static string Read(string path) => File.ReadAllText(path).TrimEnd('\n');

    [Fact]
    public void A_new_machine_gets_an_id_in_every_store() => MountNamespace.Run(scratch =>
    {
        Assert.Null(Commit(scratch, "/usr/local/etc/machine-id", "/oem/machine-id"));
        var id = Read(scratch + "/etc/machine-id");
        Assert.Matches("^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$", id);
        Assert.Equal((id, id), (Read(scratch + "/usr/local/etc/machine-id"), Read(scratch + "/oem/machine-id")));
        Assert.Equal("444", MountNamespace.Tool("stat", "-c", "%a", scratch + "/etc/machine-id").Trim());
        File.Delete(scratch + "/etc/machine-id");
        Commit(scratch, "/usr/local/etc/machine-id", "/oem/machine-id");
        Assert.Equal(id, Read(scratch + "/etc/machine-id"));
    });

    [Theory]
    [InlineData("")]
    [InlineData("uninitialized")]
    [InlineData("00000000000000000000000000000000")]
    [InlineData("ffffffffffffffffffffffffffffffff")] // an image that carries one
    public void The_machine_id_of_the_image_is_never_used(string inImage) => MountNamespace.Run(scratch =>
    {
        Directory.CreateDirectory(scratch + "/etc");
        File.WriteAllText(scratch + "/etc/machine-id", inImage + "\n");
        Assert.Null(Commit(scratch, "/store"));
        Assert.NotEqual(inImage, Read(scratch + "/etc/machine-id"));
        Assert.Equal(Read(scratch + "/store"), Read(scratch + "/etc/machine-id"));
    });

    [Fact]
    public void The_first_store_decides_and_the_others_are_repaired() => MountNamespace.Run(scratch =>
    {
        File.WriteAllText(scratch + "/first", "0123");
        File.WriteAllText(scratch + "/second", Known + "\n");
        Assert.Null(Commit(scratch, "/first", "/second", "/third"));
        foreach (var file in (string[])["/etc/machine-id", "/first", "/second", "/third"]) Assert.Equal(Known, Read(scratch + file));
    });

    [Fact]
    public void An_id_that_no_store_could_keep_is_reported() => MountNamespace.Run(scratch =>
    {
        Directory.CreateDirectory(scratch + "/full");
        Syscall.Mount("tmpfs", scratch + "/full", "tmpfs", MountFlags.ReadOnly, "");
        Assert.Contains("this boot only", Commit(scratch, "/full/machine-id"));
        Assert.Equal(32, Read(scratch + "/etc/machine-id").Length);
    });
}

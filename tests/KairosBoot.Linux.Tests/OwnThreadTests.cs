namespace KairosBoot.Linux.Tests;

public sealed class OwnThreadTests
{
    [Fact]
    public void A_change_of_the_root_directory_ends_with_the_work() => MountNamespace.Run(scratch =>
    {
        var inside = false;
        File.WriteAllText(scratch + "/only-here", "");
        OwnThread.Run(() =>
        {
            Syscall.UnshareMounts();
            Syscall.ChRoot(scratch);
            inside = Syscall.TryStat("/only-here") is not null;
        });
        Assert.True(inside);
        Assert.Null(Syscall.TryStat("/only-here"));
    });

    [Fact]
    public void An_exception_of_the_work_is_the_callers() =>
        Assert.Equal("of the work",
            Assert.Throws<InvalidDataException>(() => OwnThread.Run(() => throw new InvalidDataException("of the work"))).Message);
}

using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>Each error number has a meaning for the advice.</summary>
public sealed class TroublesTests
{
    [Fact]
    public void Each_kind_of_trouble_is_reported_by_the_kernel()
    {
        var found = Enumerable.Range(1, 133).Select(Troubles.Of).ToHashSet();
        Assert.Equal(Enum.GetValues<Trouble>().Order(), found.Order());
    }

    [Theory]
    [InlineData(Errno.EIO, Trouble.Unreadable)]
    [InlineData(Errno.ENOSPC, Trouble.Full)]
    [InlineData(Errno.EROFS, Trouble.ReadOnly)]
    [InlineData(Errno.ENODEV, Trouble.NoDriver)]
    [InlineData(Errno.EUCLEAN, Trouble.Damaged)]
    [InlineData(Errno.ELOOP, Trouble.InTheWay)]
    [InlineData(512, Trouble.Other)]
    public void Numbers_have_their_meaning(int errno, Trouble trouble) => Assert.Equal(trouble, Troubles.Of(errno));

    [Fact]
    public void An_error_of_a_step_has_the_fix_of_its_cause() => MountNamespace.Run(scratch =>
    {
        var step = new KeepFile(StepClass.Degraded, scratch + "/missing", scratch + "/kept", scratch + "/run/copy", []);
        var call = Assert.Throws<SyscallException>(() => Syscall.Open(scratch + "/missing", OpenFlags.ReadOnly));
        Assert.Contains(scratch + "/run/copy", Troubles.ToError(step, call).Fix);
        Assert.Equal("remove it", Troubles.ToError(step, new OperatorException("x is in the way", "remove it")).Fix);
        Assert.Equal(TroubleFix.Defect, Troubles.ToError(step, new InvalidOperationException()).Fix);
    });
}

using KairosBoot.Lifecycle;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

public sealed class GoodWatchTests
{
    [Theory]
    [InlineData("active", "loader", true)]
    [InlineData("passive", "initrd", true)]
    [InlineData("active", "none", false)]
    [InlineData("recovery", "loader", false)]
    public void A_counted_boot_of_active_or_passive_is_watched_until_it_is_good(string slot, string countedBy, bool isWatched) =>
        MountNamespace.Run(_ =>
        {
            Syscall.Mount("tmpfs", "/run", "tmpfs", MountFlags.None, "");
            Assert.Equal(GoodAction.End, GoodWatch.Look().Decision.Action); // kairos-boot did not start this system
            Directory.CreateDirectory(SystemPaths.Runtime);
            File.WriteAllText(SystemPaths.Report, $$"""{"slot":"{{slot}}","assessment":{"countedBy":"{{countedBy}}"} }""");
            Assert.Equal(isWatched, GoodWatch.Look().Decision.Action != GoodAction.End);
            File.WriteAllText(SystemPaths.Runtime + "/good", "");
            Assert.Equal(GoodAction.End, GoodWatch.Look().Decision.Action);
            GoodWatch.Run(_ => { }, CancellationToken.None);
        });

    [Fact]
    public void Work_is_running_until_the_last_piece_of_it_ends() => MountNamespace.Run(_ =>
    {
        Syscall.Mount("tmpfs", "/run", "tmpfs", MountFlags.None, "");
        Assert.Null(RunningWork.Enter(RunningWork.Change));
        Directory.CreateDirectory(SystemPaths.Runtime);
        Assert.False(RunningWork.Exists(RunningWork.Change));
        using (RunningWork.Enter(RunningWork.Change))
        {
            using (RunningWork.Enter(RunningWork.Change)) Assert.True(RunningWork.Exists(RunningWork.Change));
            Assert.True(RunningWork.Exists(RunningWork.Change));
            Assert.False(RunningWork.Exists(RunningWork.Stage));
        }

        Assert.False(RunningWork.Exists(RunningWork.Change));
    });

    [Fact]
    public void A_question_is_not_taken_for_work() => MountNamespace.Run(_ =>
    {
        Syscall.Mount("tmpfs", "/run", "tmpfs", MountFlags.None, "");
        Directory.CreateDirectory(SystemPaths.Runtime);
        var found = 0;
        // A new thread has the mounts of the thread that starts it.
        var threads = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (var i = 0; i < 500; i++)
                if (RunningWork.Exists(RunningWork.Stage)) Interlocked.Increment(ref found);
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.Equal(0, found);
    });
}

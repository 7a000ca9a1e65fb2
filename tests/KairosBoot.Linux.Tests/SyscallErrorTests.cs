using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>Errors need the right errno: our own imports must save it like those of the library.</summary>
public sealed class SyscallErrorTests
{
    [Fact]
    public void Every_failing_import_sets_errno() => MountNamespace.Run(scratch =>
    {
        File.WriteAllText(scratch + "/file", "");
        Expect(Errno.ENOENT, () => Syscall.Rename(scratch + "/none", scratch + "/other"));
        Directory.CreateDirectory(scratch + "/directory");
        Expect(Errno.EISDIR, () => Syscall.Rename(scratch + "/file", scratch + "/directory"));
        Expect(Errno.ENOENT, () => ExtendedAttributes.AddTo(new KairosBoot.Plan.Sha256(), scratch + "/none"));
        Expect(9 /* EBADF */, () =>
        {
            using var file = Syscall.Open(scratch + "/file", OpenFlags.Path);
            ExtendedAttributes.AddTo(new KairosBoot.Plan.Sha256(), file);
        });
        Expect(Errno.EINVAL, () =>
        {
            using var directory = Syscall.Open(scratch, OpenFlags.ReadOnly | OpenFlags.Directory);
            using var file = Syscall.Open(scratch + "/file", OpenFlags.ReadWrite);
            Syscall.CopyAll(directory, file);
        });
    });

    [Fact]
    public void A_lower_layer_without_extended_attributes_gets_an_overlay() => MountNamespace.Run(scratch =>
    {
        Directory.CreateDirectory(scratch + "/tree/etc");
        MountNamespace.Tool("mksquashfs", scratch + "/tree", scratch + "/image", "-quiet", "-no-progress", "-no-xattrs");
        var executor = new StepExecutor(new KernelModules(), MessageLog.None);
        executor.Apply([
            new MountImage(StepClass.Required, scratch + "/image", scratch + "/root", ReadOnly: true),
            new MountOverlay(StepClass.Required, scratch + "/root/etc", scratch + "/store", "/store", Keeps: false),
        ]);
        File.WriteAllText(scratch + "/root/etc/new", "x");
    });

    private static void Expect(int errno, Action action) => Assert.Equal(errno, Assert.Throws<SyscallException>(action).Errno);
}

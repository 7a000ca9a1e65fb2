using System.Reflection;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using KairosBoot.CloudConfig;
using Mono.Unix.Native;

using MonoSyscall = Mono.Unix.Native.Syscall;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>
/// A small root directory with busybox. Stages run in it for real, on a thread with a private root, private mounts and a private host name.
/// The results are examined from outside, with Mono.Posix.
/// </summary>
public sealed class ScratchRoot : IDisposable
{
    private const int CLONE_NEWUTS = 0x04000000; // linux/sched.h
    /// <summary>Loads all assemblies now. The runtime loads them at first use, which is too late in another root.</summary>
    static ScratchRoot()
    {
        var pending = new Queue<AssemblyName>(typeof(ScratchRoot).Assembly.GetReferencedAssemblies());
        var loaded = new HashSet<string>();
        while (pending.TryDequeue(out var name))
        {
            if (!loaded.Add(name.FullName)) continue;
            foreach (var reference in Assembly.Load(name).GetReferencedAssemblies()) pending.Enqueue(reference);
        }
    }

    private readonly string root = Directory.CreateTempSubdirectory("kairosboot-cloudconfig-").FullName;

    public ScratchRoot()
    {
        foreach (var directory in new[] { "bin", "etc", "oem", "proc", "proc/self", "proc/thread-self", "dev", "run", "tmp", "home",
            "root" })
        {
            Directory.CreateDirectory(At(directory));
        }

        MonoSyscall.chmod(root, NativeConvert.FromOctalPermissionString("0755"));
        File.Copy("/bin/busybox", At("bin/busybox"));
        foreach (var applet in new[] { "sh", "cat", "echo", "sleep", "test", "grep", "mkdir", "id" })
            File.CreateSymbolicLink(At("bin/" + applet), "busybox");
        MonoSyscall.chmod(At("bin/busybox"), NativeConvert.FromOctalPermissionString("0755"));
        Put("dev/null", "", "0666"); // the standard input of commands
        Put("etc/passwd", "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/bin/false\n", "0644");
        Put("etc/group", "root:x:0:\ndaemon:x:1:\nadm:x:4:daemon\n", "0644");
        Put("etc/shadow", "root:*:19000:0:99999:7:::\n", "0640");
        Put("etc/hosts", "127.0.0.1 localhost\n::1 ip6\n", "0644");
        Put("etc/machine-id", "0123456789abcdef0123456789abcdef\n", "0444");
        Put("etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n", "0644");
    }

    public List<string> Log { get; } = [];

    public string At(string path) => Path.Combine(root, path.TrimStart('/'));

    public void Put(string path, string content, string mode)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllText(At(path), content);
        MonoSyscall.chmod(At(path), NativeConvert.FromOctalPermissionString(mode));
    }

    public string Read(string path) => File.ReadAllText(At(path));

    public bool Has(string path) => File.Exists(At(path)) || Directory.Exists(At(path));

    /// <summary><c>0644 0:0</c>.</summary>
    public string ModeAndOwner(string path)
    {
        Assert.Equal(0, MonoSyscall.lstat(At(path), out var stat));
        return $"{Convert.ToString((int)stat.st_mode & 0xFFF, 8).PadLeft(4, '0')} {stat.st_uid}:{stat.st_gid}";
    }

    /// <summary>A document with one entry in the stage <c>initramfs</c>.</summary>
    public static string Entry(string keys) => "stages:\n  initramfs:\n  - name: e\n    " + keys.Replace("\n", "\n    ") + "\n";

    public StageReport RunEntry(string keys) => Run(Entry(keys));

    /// <summary>Runs a stage of this document, as /oem/90.yaml.</summary>
    public StageReport Run(string document, string stage = "initramfs", TimeSpan? limit = null)
    {
        Put("oem/90.yaml", document, "0600");
        return Run(stage, ["/oem"], limit);
    }

    public StageReport Run(string stage, IReadOnlyList<string> sources, TimeSpan? limit = null, string commandLine = "")
    {
        StageReport? report = null;
        Inside(() => report = new StageRunner([.. sources], new StageFacts(), new ListLog(Log), commandLine)
        {
            CommandLimit = limit ?? TimeSpan.FromSeconds(20),
            // As in the initrd.
            Documents = new ConfigDocuments { IsAlone = true },
        }.Run(stage));
        return report!;
    }

    /// <summary>On a new thread, because a thread cannot leave its private root.</summary>
    public void Inside(Action action)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Syscall.UnshareMounts();
                if (unshare(CLONE_NEWUTS) != 0) throw new InvalidOperationException("unshare(CLONE_NEWUTS)");
                // /proc has only files of the test and the links that are needed to reopen descriptors.
                Syscall.Mount("none", "/", "", MountFlags.Private | MountFlags.Recursive, "");
                foreach (var own in (string[])["self", "thread-self"])
                    Syscall.Mount("/proc/" + own, At("proc/" + own), "", MountFlags.Bind, "");
                if (File.Exists(At("proc/kmsg"))) Syscall.Mount("/proc/kmsg", At("proc/kmsg"), "", MountFlags.Bind, "");
                Syscall.ChRoot(root);
                Syscall.ChDir("/");
                action();
            }
            catch (Exception e) { failure = ExceptionDispatchInfo.Capture(e); }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    [DllImport("libc")] private static extern int unshare(int flags);
}

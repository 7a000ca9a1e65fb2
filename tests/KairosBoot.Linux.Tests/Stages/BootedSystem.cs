using System.Runtime.ExceptionServices;
using KairosBoot.CloudConfig;
using KairosBoot.CloudConfig.Booted;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.Stages;

/// <summary>
/// This machine with all its programs and an overlay in memory for all writes. Package managers, git and curl are real, and their changes
/// are discarded afterwards. <see cref="Do"/> runs on a separate thread.
/// </summary>
public sealed class BootedSystem : IDisposable
{
    private readonly string scratch = Directory.CreateTempSubdirectory("kairosboot-booted-").FullName;
    private readonly System.Collections.Concurrent.BlockingCollection<Action> work = [];
    private readonly Thread thread;

    public BootedSystem()
    {
        thread = new Thread(() =>
        {
            foreach (var action in work.GetConsumingEnumerable()) action();
        });
        thread.Start();
        Do(Enter);
    }

    public List<string> Log { get; } = [];

    internal TransferLimits Limits { get; set; } = TransferLimits.Production;

    public const int Eve = 4711;

    /// <summary>Adds a user with this id and the home /home/eve.</summary>
    public void AddEve() =>
        Shell("echo eve:x:4711:4711::/home/eve:/bin/sh >> /etc/passwd; echo eve:x:4711: >> /etc/group; mkdir -p -m 755 /home/eve; chown " +
        "eve:eve /home/eve");

    /// <summary>Runs a shell command as that user.</summary>
    public string ShellAsEve(string script) => Do(() =>
    {
        var result = ChildProcess.Run("/bin/sh", ["-ec", script], ["PATH=/usr/bin:/bin", "LC_ALL=C", "HOME=/home/eve"],
            TimeSpan.FromMinutes(2), user: new ChildUser(Eve, Eve, [Eve]));
        return result.ExitCode == 0 ? result.Output : throw new InvalidOperationException($"{script}: {result.Output}");
    });

    private void Enter()
    {
        Syscall.UnshareMounts();
        Syscall.UnshareHostName();
        Syscall.Mount("none", "/", "", MountFlags.Private | MountFlags.Recursive, "");
        Syscall.Mount("tmpfs", scratch, "tmpfs", MountFlags.None, "mode=0755");
        foreach (var directory in (string[])["upper", "work", "root"]) Syscall.MkDir($"{scratch}/{directory}", Octal.O755);
        Syscall.Mount("overlay", scratch + "/root", "overlay", MountFlags.None,
            $"lowerdir=/,upperdir={scratch}/upper,workdir={scratch}/work");
        foreach (var mount in (string[])["/dev", "/proc", "/sys"])
            Syscall.Mount(mount, scratch + "/root" + mount, "", MountFlags.Bind | MountFlags.Recursive, "");
        Syscall.Mount("tmpfs", scratch + "/root/run", "tmpfs", MountFlags.None, "mode=0755");
        Syscall.ChRoot(scratch + "/root");
        Syscall.ChDir("/");
    }

    /// <summary>Runs in this system.</summary>
    public void Do(Action action)
    {
        ExceptionDispatchInfo? failure = null;
        using var done = new ManualResetEventSlim();
        work.Add(() =>
        {
            try { action(); }
            catch (Exception e) { failure = ExceptionDispatchInfo.Capture(e); }
            done.Set();
        });
        done.Wait();
        failure?.Throw();
    }

    public T Do<T>(Func<T> function)
    {
        T result = default!;
        Do(() => { result = function(); });
        return result;
    }

    /// <summary>Runs a shell command that must succeed and returns its output.</summary>
    public string Shell(string script) => Do(() =>
    {
        var result = ChildProcess.Run("/bin/sh", ["-ec", script], ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=/root"],
            TimeSpan.FromMinutes(2));
        return result.ExitCode == 0 ? result.Output : throw new InvalidOperationException($"{script}: {result.Output}");
    });

    public void Put(string path, string content) => Do(() =>
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    });

    public string Read(string path) => Do(() => File.ReadAllText(path));

    public bool Has(string path) => Do(() => Path.Exists(path));

    /// <summary>Runs one entry, at line 3 of the config, with these keys.</summary>
    public StageReport Run(string keys, string stage = "boot", string commandLine = "") => RunDocument(
        $"stages:\n  {stage}:\n  - name: e\n    {keys.ReplaceLineEndings("\n").Replace("\n", "\n    ")}\n", stage, commandLine);

    public StageReport RunDocument(string document, string stage = "boot", string commandLine = "", CancellationToken cancellationToken =
        default) =>
        Do(() => BootedStage.Run(stage, [ConfigSource.Of([new ConfigText("given", document)])], commandLine, new ListLog(Log),
            cancellationToken, Limits));

    public void Dispose()
    {
        work.CompleteAdding();
        // The mounts end with the thread.
        thread.Join();
        work.Dispose();
        Directory.Delete(scratch);
    }
}

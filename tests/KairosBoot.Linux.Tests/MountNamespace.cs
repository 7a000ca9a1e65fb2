using System.Runtime.ExceptionServices;

namespace KairosBoot.Linux.Tests;

/// <summary>A thread with its own mount namespace and root, in a scratch directory that is deleted afterwards.</summary>
internal static class MountNamespace
{
    /// <summary>Runs <paramref name="body"/> with the path of an empty tmpfs.</summary>
    public static void Run(Action<string> body)
    {
        var scratch = Directory.CreateTempSubdirectory("kairosboot-test-").FullName;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Syscall.UnshareMounts();
                Syscall.Mount("none", "/", "", MountFlags.Private | MountFlags.Recursive, "");
                Syscall.Mount("tmpfs", scratch, "tmpfs", MountFlags.None, "mode=0755");
                // Unmounted explicitly: when a namespace ends, its loop devices may stay attached, and their number is limited.
                try { body(scratch); }
                finally { MountTable.UnmountBelow([scratch]); }
            }
            catch (Exception e) { failure = ExceptionDispatchInfo.Capture(e); }
        });
        thread.Start();
        thread.Join();
        Directory.Delete(scratch);
        failure?.Throw();
    }

    /// <summary>Runs a tool of the distribution; if it fails, its output is the message.</summary>
    public static string Tool(string program, params string[] arguments)
    {
        var path = new[] { "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/" }.Select(d => d + program).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException($"{program} is not installed; tests/run.sh installs it");
        var result = ChildProcess.Run(path, arguments, ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], TimeSpan.FromMinutes(2));
        return result.ExitCode == 0 ? result.Output : throw new InvalidOperationException($"{program}: {result.Output}");
    }
}

using System.Runtime.ExceptionServices;

namespace KairosBoot.Linux.Tests;

/// <summary>A thread with a mount namespace and a root of its own, over a scratch directory that is gone afterwards.</summary>
internal static class MountNamespace
{
    /// <summary>Runs <paramref name="body"/> there, with the path of an empty tmpfs.</summary>
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
                // By hand: what a namespace takes along when it ends may leave its loop devices behind, and a machine has only so many.
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

    /// <summary>A tool of the distribution; its output is the message of the failure.</summary>
    public static string Tool(string program, params string[] arguments)
    {
        var path = new[] { "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/" }.Select(d => d + program).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException($"{program} is not installed; tests/run.sh installs it");
        var result = ChildProcess.Run(path, arguments, ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], TimeSpan.FromMinutes(2));
        return result.ExitCode == 0 ? result.Output : throw new InvalidOperationException($"{program}: {result.Output}");
    }
}

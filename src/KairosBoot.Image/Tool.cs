using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>A program of the build host, and its Debian package. All programs that this project starts are listed here.</summary>
public sealed record Tool(string Name, string Package)
{
    public static readonly Tool MakeExt4 = new("mke2fs", "e2fsprogs");
    public static readonly Tool DebugFs = new("debugfs", "e2fsprogs");
    public static readonly Tool MakeSquashfs = new("mksquashfs", "squashfs-tools");
    public static readonly Tool ReadSquashfs = new("unsquashfs", "squashfs-tools");
    public static readonly Tool MakeErofs = new("mkfs.erofs", "erofs-utils");
    public static readonly Tool MakeGrub = new("grub-mkimage", "grub-common");
    public static readonly Tool Sha256Sum = new("sha256sum", "coreutils");
    public static readonly Tool OpenSsl = new("openssl", "openssl");
    public static readonly Tool Skopeo = new("skopeo", "skopeo");
    public static readonly Tool Umoci = new("umoci", "umoci");
    public static readonly Tool Copy = new("cp", "coreutils");

    // Searched after PATH: an ordinary user's PATH lacks sbin, where most of these programs are.
    private static readonly string[] SystemDirectories = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

    // Ctrl-C also reaches the tool, so the tool may fail before this process has received the signal. The longest wait for the signal.
    private static readonly TimeSpan SignalDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs the program and waits for its end.</summary>
    /// <param name="arguments">Passed to the program without a shell.</param>
    /// <param name="cancellationToken">Kills the program and its children.</param>
    /// <param name="environment">Added to this process's environment.</param>
    /// <returns>Standard output and standard error of a successful run.</returns>
    /// <exception cref="OperatorException">The program is not installed, or it failed; the message has the end of its output.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    internal (string Output, string Errors) Run(ToolArguments arguments, CancellationToken cancellationToken, params (string Name, string Value)[] environment) =>
        Run(arguments, cancellationToken, _ => { }, directory: null, environment);

    /// <summary>As the other overload, with standard input.</summary>
    /// <param name="arguments">Passed to the program without a shell.</param>
    /// <param name="cancellationToken">Kills the program and its children.</param>
    /// <param name="input">Writes the program's standard input.</param>
    /// <param name="directory">Its working directory; null: that of this process.</param>
    /// <param name="environment">Added to this process's environment.</param>
    internal (string Output, string Errors) Run(
        ToolArguments arguments, CancellationToken cancellationToken, Action<Stream> input, string? directory, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Find(), arguments.Words.Select(Transferable))
        {
            WorkingDirectory = directory ?? "",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        cancellationToken.ThrowIfCancellationRequested();
        using var process = Start(start);
        using var ending = cancellationToken.Register(() => process.Kill(entireProcessTree: true));
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Feed(process, input);
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) cancellationToken.WaitHandle.WaitOne(SignalDelay);
        cancellationToken.ThrowIfCancellationRequested();
        return process.ExitCode == 0 ? (output.Result, errors) : throw Failed(errors.Length > 0 ? errors : output.Result);
    }

    // The runtime passes arguments as UTF-8 and replaces invalid bytes, so the program would get the name of another file.
    private static string Transferable(string word) =>
        word.EnumerateRunes().All(rune => rune != Rune.ReplacementChar) ? word
            : throw new OperatorException($"'{ToolText.Show(word)}' is not UTF-8, so it cannot be a program's argument", "rename the file");

    private static void Feed(Process process, Action<Stream> input)
    {
        try
        {
            input(process.StandardInput.BaseStream);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended early. Its own error output says why.
        }
    }

    private Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception failure)
        {
            throw new OperatorException($"cannot start {start.FileName}: {failure.Message}", $"install the package {Package} again");
        }
    }

    internal OperatorException Failed(string errors) => new(
        $"{Name} failed: {string.Join("; ", errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(3))}",
        "check the free space and the write permission of the directory of --output");

    /// <summary>Whether the program is installed.</summary>
    public bool IsInstalled => TryFind() is not null;

    /// <summary>Checks, before work starts, that the program is installed.</summary>
    /// <exception cref="OperatorException">It is not installed.</exception>
    public void Require() => Find();

    private string Find() => TryFind() ?? throw new OperatorException($"the program {Name} is not installed", $"apt-get install {Package}");

    private string? TryFind() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Concat(SystemDirectories)
            .Select(directory => Path.Combine(directory, Name))
            .FirstOrDefault(File.Exists);
}

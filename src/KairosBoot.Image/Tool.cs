using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>A program of the build host, with the Debian package it comes from. Nothing else in this project starts one.</summary>
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

    // An ordinary user's PATH lacks the directories that most of these are in.
    private static readonly string[] SystemDirectories = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

    // Ctrl-C in a terminal reaches the tool too: the tool's failure may be seen before the own signal, by so much at most.
    private static readonly TimeSpan SignalDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs it to the end.</summary>
    /// <param name="arguments">As the program gets them; no shell is involved.</param>
    /// <param name="cancellationToken">Ends the program, and what it started, at once.</param>
    /// <param name="environment">Added to the own environment.</param>
    /// <returns>What a successful run wrote to standard output and standard error.</returns>
    /// <exception cref="OperatorException">Not installed, or it failed: with what it said.</exception>
    /// <exception cref="OperationCanceledException">It was ended by <paramref name="cancellationToken"/>.</exception>
    internal (string Output, string Errors) Run(ToolArguments arguments, CancellationToken cancellationToken, params (string Name, string Value)[] environment) =>
        Run(arguments, cancellationToken, _ => { }, directory: null, environment);

    /// <summary>The same with something to read.</summary>
    /// <param name="arguments">As above.</param>
    /// <param name="cancellationToken">As above.</param>
    /// <param name="input">Writes the program's standard input.</param>
    /// <param name="directory">Where it runs; null: where this program does.</param>
    /// <param name="environment">As above.</param>
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

    // The runtime writes arguments as UTF-8, and replaces what is none: the program would get the name of another file.
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
            // It ended early; why is what it says itself.
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

    internal OperatorException Failed(string said) => new(
        $"{Name} failed: {string.Join("; ", said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(3))}",
        "check the free space and the write permission of the directory of --output");

    /// <summary>Whether there is such a program.</summary>
    public bool IsInstalled => TryFind() is not null;

    /// <summary>Before anything is begun that it is needed for.</summary>
    /// <exception cref="OperatorException">There is none.</exception>
    public void Require() => Find();

    private string Find() => TryFind() ?? throw new OperatorException($"the program {Name} is not installed", $"apt-get install {Package}");

    private string? TryFind() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Concat(SystemDirectories)
            .Select(directory => Path.Combine(directory, Name))
            .FirstOrDefault(File.Exists);
}

using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>A program of the build host, and its Debian package. All programs that this project starts are listed here.</summary>
/// <param name="Name">Its file name.</param>
/// <param name="Package">The package that has it.</param>
/// <param name="Hint">How to fix a failure whose reason is not known; null: the usual text.</param>
public sealed record Tool(string Name, string Package, string? Hint = null)
{
    public static readonly Tool MakeExt4 = new("mke2fs", "e2fsprogs");
    public static readonly Tool DebugFs = new("debugfs", "e2fsprogs");
    public static readonly Tool MakeSquashfs = new("mksquashfs", "squashfs-tools");
    public static readonly Tool ReadSquashfs = new("unsquashfs", "squashfs-tools");
    public static readonly Tool MakeXfs = new("mkfs.xfs", "xfsprogs");
    public static readonly Tool MakeFat = new("mkfs.fat", "dosfstools");
    public static readonly Tool MakeErofs = new("mkfs.erofs", "erofs-utils");
    public static readonly Tool MakeGrub = new("grub-mkimage", "grub-common");
    public static readonly Tool Sha256Sum = new("sha256sum", "coreutils");
    public static readonly Tool OpenSsl = new("openssl", "openssl");
    public static readonly Tool Skopeo = new("skopeo", "skopeo",
        "check the name of the container image, the network, and the credentials (skopeo login)");
    public static readonly Tool Umoci = new("umoci", "umoci");
    public static readonly Tool Copy = new("cp", "coreutils");
    public static readonly Tool Cat = new("cat", "coreutils");
    public static readonly Tool Gzip = new("gzip", "gzip");
    public static readonly Tool Xz = new("xz", "xz-utils");
    public static readonly Tool Bzip2 = new("bzip2", "bzip2");
    public static readonly Tool Lz4 = new("lz4", "lz4");

    /// <summary>Runs the program and waits for its end.</summary>
    /// <param name="arguments">Passed to the program without a shell.</param>
    /// <param name="cancellationToken">Kills the program and its children.</param>
    /// <param name="environment">Added to this process's environment.</param>
    /// <returns>Standard output and standard error of a successful run.</returns>
    /// <exception cref="OperatorException">The program is not installed, or it failed; the message has the end of its output.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    internal (string Output, string Errors) Run(ToolArguments arguments, CancellationToken cancellationToken,
        params (string Name, string Value)[] environment) =>
        Run(arguments, cancellationToken, input: null, directory: null, environment);

    /// <summary>As the other overload, with standard input.</summary>
    /// <param name="arguments">Passed to the program without a shell.</param>
    /// <param name="cancellationToken">Kills the program and its children.</param>
    /// <param name="input">The program's standard input; null: none.</param>
    /// <param name="directory">Its working directory; null: that of this process.</param>
    /// <param name="environment">Added to this process's environment.</param>
    internal (string Output, string Errors) Run(
        ToolArguments arguments, CancellationToken cancellationToken, ToolInput? input, string? directory,
        params (string Name, string Value)[] environment)
    {
        var words = arguments.Words.Select(Transferable).ToList();
        var program = Find();
        try
        {
            var result = ChildProcess.RunTool(program, words, EnvironmentWith(environment), input, directory, cancellationToken);
            return result.ExitCode == 0 ? (result.Output, result.Errors)
                : throw ToolFailure.Of(this, result.ExitCode, result.Errors.Length > 0 ? result.Errors : result.Output,
                    words.FindLast(word => word.StartsWith('/')));
        }
        catch (SyscallException failure) when (failure.Operation == ChildProcess.Starting)
        {
            throw CannotStart(program, failure);
        }
    }

    /// <summary>Starts the program to convert a file.</summary>
    /// <param name="options">Constants of the source.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="cancellationToken">Kills the program and its children.</param>
    /// <exception cref="OperatorException">The program is not installed.</exception>
    internal FilterProcess Filter(IReadOnlyList<string> options, FileHandle input, CancellationToken cancellationToken)
    {
        var program = Find();
        try
        {
            return ChildProcess.Filter(program, options, EnvironmentWith([]), input, cancellationToken);
        }
        catch (SyscallException failure) when (failure.Operation == ChildProcess.Starting)
        {
            throw CannotStart(program, failure);
        }
    }

    private OperatorException CannotStart(string program, SyscallException failure) =>
        new($"cannot start {program}: {Errno.Describe(failure.Errno)}", $"install the package {Package} again");

    private static List<string> EnvironmentWith((string Name, string Value)[] added)
    {
        var variables = Environment.GetEnvironmentVariables();
        variables["LC_ALL"] = "C";
        foreach (var (name, value) in added) variables[name] = value;
        return [.. variables.Keys.Cast<string>().Select(name => $"{name}={variables[name]}")];
    }

    // Arguments are passed as UTF-8, and invalid bytes are replaced, so the program would get the name of another file.
    private static string Transferable(string word) =>
        word.EnumerateRunes().All(rune => rune != Rune.ReplacementChar) ? word
            : throw new OperatorException($"'{ToolText.Show(word)}' is not UTF-8, so it cannot be a program's argument", "rename the file");

    /// <summary>For a program that ended with 0, but printed an error.</summary>
    internal OperatorException Failed(string errors, string? path) => ToolFailure.Of(this, exitCode: 0, errors, path);

    /// <summary>Whether the program is installed.</summary>
    public bool IsInstalled => TryFind() is not null;

    /// <summary>Checks, before work starts, that the program is installed.</summary>
    /// <exception cref="OperatorException">It is not installed.</exception>
    public void Require() => Find();

    /// <summary>Its path.</summary>
    /// <exception cref="OperatorException">It is not installed.</exception>
    public string Find() => TryFind() ?? throw new OperatorException($"the program {Name} is not installed", $"apt-get install {Package}");

    // An ordinary user's PATH lacks sbin, where most of these programs are.
    private string? TryFind() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Concat(SystemPaths.ProgramDirectories)
            .Select(directory => Path.GetFullPath(Name, Path.GetFullPath(directory)))
            .FirstOrDefault(File.Exists);
}

using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// The values of the machine for conditions and templates. They are read from the running root when they are used, so an entry sees the
/// changes of earlier entries (for example the machine id).
/// </summary>
public sealed class StageFacts
{
    /// <summary>Go's name of the architecture: <c>amd64</c>, <c>arm64</c>, <c>riscv64</c>.</summary>
    public string Architecture => Syscall.Machine() switch { "x86_64" => "amd64", "aarch64" => "arm64", var other => other };

    public string HostName => Syscall.GetHostName();

    /// <summary>The kernel command line; empty without /proc.</summary>
    public static string CommandLine => FileText.TryReadAttribute("/proc/cmdline") ?? "";

    /// <summary>Empty if the machine has none yet.</summary>
    public string MachineId =>
        TryReadText("/var/lib/dbus/machine-id", ReadLimit.MachineId) is { Length: > 0 } id ? id
            : TryReadText("/etc/machine-id", ReadLimit.MachineId) ?? "";

    /// <summary>MemTotal of /proc/meminfo in bytes; 0 without /proc.</summary>
    public static long MemoryBytes => MachineValues.MemoryKiB * 1024 ?? 0;

    /// <summary>The trimmed text of a file; null if it is missing or cannot be read.</summary>
    /// <exception cref="OperatorException">It is not a file, or too large.</exception>
    internal static string? TryReadText(string path, ReadLimit limit)
    {
        try { return BoundedFile.TryReadText(path, limit)?.Trim(); }
        catch (SyscallException) { return null; }
    }

    /// <summary>
    /// HMAC-SHA256 of "yip" with the machine id as the key, in hexadecimal: an identity that does not reveal the machine id.
    /// </summary>
    internal string ProtectedId => Convert.ToHexStringLower(Sha256.Hmac(Encoding.UTF8.GetBytes(MachineId), "yip"u8));

    /// <summary>A field of os-release without its quotes; null if missing.</summary>
    internal static string? OsRelease(string field)
    {
        return OsRelease(field,
            TryReadText("/etc/os-release", ReadLimit.SystemFile) ?? TryReadText("/usr/lib/os-release", ReadLimit.SystemFile) ?? "");
    }

    /// <summary>The same in the text of such a file.</summary>
    internal static string? OsRelease(string field, string text)
    {
        foreach (var line in text.Split('\n'))
            if (line.StartsWith(field + "=", StringComparison.Ordinal)) return line[(field.Length + 1)..].Trim().Trim('"', '\'');
        return null;
    }

    /// <summary>The path of a program as a script of a stage would find it; null: no such program.</summary>
    internal static string? FindProgram(string name)
    {
        foreach (var directory in SystemPaths.StageDirectories)
            if (Syscall.Access($"{directory}/{name}", Syscall.X_OK)) return $"{directory}/{name}";
        return null;
    }

    /// <summary><c>systemd</c> or <c>openrc</c>; null if neither or both are installed.</summary>
    internal static string? ServiceManager() => (FindProgram("systemctl"), FindProgram("openrc")) switch
    {
        (not null, null) => "systemd",
        (null, not null) => "openrc",
        _ => null,
    };

    internal static string RandomText(int length)
    {
        const string Alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
        var text = new StringBuilder(length);
        Span<byte> one = stackalloc byte[1];
        while (text.Length < length)
        {
            Syscall.GetRandom(one);
            // 252 is the largest multiple of 36 in a byte. Higher values would make some characters more frequent.
            if (one[0] < 252) text.Append(Alphabet[one[0] % 36]);
        }
        return text.ToString();
    }
}

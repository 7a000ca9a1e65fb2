using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>
/// The access of git to a repository. A password is in the environment of git, which only root and the user of git can read. A key is in a file of
/// that user in memory, until <see cref="Dispose"/>.
/// </summary>
internal sealed class GitAccess : IDisposable
{
    // The name is random and only root can create files in it. The user of git can open its own files there.
    private const int EnterOnly = Octal.O711;
    private readonly List<string> variables = ["GIT_TERMINAL_PROMPT=0", "LC_ALL=C"];
    private readonly List<string> secrets = [], options = [];
    private readonly ChildUser? user;
    private string? directory;

    /// <param name="url">Any URL that git supports. Its password is used if <paramref name="auth"/> has none.</param>
    /// <param name="auth">The field auth; null: none.</param>
    /// <param name="user">The user that git runs as; null: root.</param>
    internal GitAccess(string url, YamlMapping? auth, ChildUser? user)
    {
        this.user = user;
        Url = Display = url;
        var (name, password) = (auth?.Text("username") ?? "", auth?.Text("password") ?? "");
        if (url.StartsWith("http", StringComparison.Ordinal))
        {
            var address = WebAddress.Parse(url);
            (Url, Display) = (address.TextWithoutPassword, address.Display);
            secrets.AddRange(address.Secrets);
            if (password.Length == 0 && address.Credentials is { } found) (name, password) = found;
        }
        else if (url.StartsWith('-') || url.StartsWith("ext::", StringComparison.Ordinal))
        {
            throw new FormatException("url is not the URL of a repository");
        }

        if (password.Length > 0) UsePassword(name, password);
        try { UseSsh(auth); }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The URL without a password.</summary>
    internal string Url { get; }
    /// <summary>The URL for messages.</summary>
    internal string Display { get; }
    /// <summary>Options of git before its verb.</summary>
    internal IReadOnlyList<string> Options => options;
    internal IReadOnlyList<string> Variables => variables;
    internal IReadOnlyList<string> Secrets => secrets;

    private void UsePassword(string name, string password)
    {
        if ((name + password).Any(char.IsControl)) throw new FormatException("auth: a user name or password must not contain a line break");
        secrets.Add(password);
        variables.AddRange([$"KBOOT_GIT_USER={name}", $"KBOOT_GIT_PASSWORD={password}"]);
        // The first, empty one removes the helpers of the system.
        options.AddRange(["-c", "credential.helper=", "-c", "credential.helper=!f() { printf 'username=%s\\npassword=%s\\n' \"$KBOOT_GIT_USER\" \"$KBOOT_GIT_PASSWORD\"; }; f"]);
    }

    private void UseSsh(YamlMapping? auth)
    {
        var ssh = "ssh -o BatchMode=yes";
        if (auth?.Text("private_key") is { Length: > 0 } key) ssh += $" -o IdentitiesOnly=yes -i {WriteFile("key", key.TrimEnd() + "\n")}";
        if (auth?.Boolean("insecure") is true)
        {
            ssh += " -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null";
            variables.Add("GIT_SSL_NO_VERIFY=1");
        }
        // The key of the host, for any host name.
        else if (auth?.Text("public_key") is { Length: > 0 } known)
        {
            ssh += $" -o StrictHostKeyChecking=yes -o UserKnownHostsFile={WriteFile("known_hosts", $"* {known.Trim()}\n")}";
        }

        variables.Add("GIT_SSH_COMMAND=" + ssh);
    }

    private string WriteFile(string name, string content)
    {
        var path = $"{Scratch()}/{name}";
        using var file = Syscall.Open(path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, FilePermissions.OwnerOnly);
        if (user is not null) Syscall.FChOwn(file, user.Uid, user.Gid);
        Syscall.WriteAll(file, Encoding.UTF8.GetBytes(content));
        return path;
    }

    /// <summary>A directory in memory until <see cref="Dispose"/>. Only root can write to it.</summary>
    internal string Scratch()
    {
        if (directory is not null) return directory;
        var place = $"/run/kboot-git-{StageFacts.RandomText(12)}";
        Syscall.MkDir(place, EnterOnly);
        return directory = place;
    }

    public void Dispose()
    {
        if (directory is not null) FileTree.Delete(directory);
        directory = null;
    }
}

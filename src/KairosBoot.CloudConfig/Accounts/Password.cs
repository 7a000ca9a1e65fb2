using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>The second field of a shadow row.</summary>
internal static class Password
{
    internal const string Locked = "!";

    /// <summary>No password lets in, and yet the account is not locked: SSH keys work where sshd takes a "!" for a lock.</summary>
    internal const string Impossible = "*";

    private const int Longest = 1024;
    private const int SaltLength = 8;

    /// <summary>Crypt hashes, locks and stars as they are; other text as its SHA-512 crypt hash. The text is in no message.</summary>
    internal static string ToShadowField(string password)
    {
        if (password.StartsWith('$') || password.StartsWith('!') || password == Impossible) return password;
        // The method's work grows with the square of the length.
        if (password.Length > Longest) throw new FormatException($"the password is longer than {Longest} characters");
        Span<byte> random = stackalloc byte[SaltLength];
        Syscall.GetRandom(random);
        return Sha512Crypt.Hash(password, Sha512Crypt.Salt(random));
    }

    /// <summary>Days since 1970, at least 1: 0 would mean that the password has to be changed at the next login.</summary>
    internal static string Today()
    {
        const int SecondsPerDay = 86_400;
        return Math.Max(1, Syscall.UnixTimeSeconds() / SecondsPerDay).ToString();
    }

    /// <summary>Writes the field into the user's shadow row. What an existing row says about ageing stays.</summary>
    internal static void Write(string user, string field)
    {
        var shadow = AccountFile.Read(AccountFile.Shadow);
        var row = shadow.Find(user) is { Length: 9 } existing ? existing : [user, "", "", "", "", "", "", "", ""];
        (row[1], row[2]) = (field, Today());
        shadow.Set(row);
        shadow.Save();
    }
}

using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>The password field of a row of shadow(5).</summary>
internal static class Password
{
    internal const string Locked = "!";

    /// <summary>No password works, but the account is not locked: sshd may reject SSH keys of an account with "!".</summary>
    internal const string Impossible = "*";

    private const int MaxLength = 1024;
    private const int SaltLength = 8;

    /// <summary>
    /// Returns crypt hashes, "!" and "*" unchanged and other text as its SHA-512 crypt hash. No message contains the text.
    /// </summary>
    internal static string ToShadowField(string password)
    {
        if (IsField(password)) return password;
        Check(password);
        Span<byte> random = stackalloc byte[SaltLength];
        Syscall.GetRandom(random);
        return Sha512Crypt.Hash(password, Sha512Crypt.Salt(random));
    }

    private static bool IsField(string password) => password.StartsWith('$') || password.StartsWith('!') || password == Impossible;

    /// <summary>Throws <see cref="FormatException"/> if it is too long: the run time grows with the square of the length.</summary>
    internal static void Check(string password)
    {
        if (!IsField(password) && password.Length > MaxLength)
            throw new FormatException($"the password is longer than {MaxLength.ToString()} characters");
    }

    /// <summary>Days since 1970, at least 1: 0 would force a new password at the next login.</summary>
    internal static string Today()
    {
        const int SecondsPerDay = 86_400;
        return Math.Max(1, Syscall.UnixTimeSeconds() / SecondsPerDay).ToString();
    }

    /// <summary>Sets the field in the shadow row of the user. An existing row keeps its password ageing.</summary>
    internal static void Set(AccountFile shadow, string user, string field)
    {
        var existing = shadow.Find(user) is { Length: 9 } found ? found : null;
        if (existing?[1] == field) return;
        var row = existing ?? [user, "", "", "", "", "", "", "", ""];
        (row[1], row[2]) = (field, Today());
        shadow.Set(row);
    }

    /// <summary>True: the field has this password, as text or as its hash.</summary>
    internal static bool Matches(string field, string password)
    {
        if (field == password) return true;
        return password.Length is > 0 and <= MaxLength && field.Split('$') is ["", "6", { Length: SaltLength } salt, _]
            && Sha512Crypt.Hash(password, salt) == field;
    }
}

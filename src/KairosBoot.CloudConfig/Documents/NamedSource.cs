using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>The config file, directory or URL that the command line names.</summary>
internal static class NamedSource
{
    /// <summary>Null: no source, or an unreadable one, which is reported.</summary>
    internal static ConfigSource? Find(CommandLineConfig config, string stage, StageRun run)
    {
        if (config.Source is not { } source) return null;
        void Report(string reason, bool isWarning) =>
            run.Report(new StageProblem(CommandLineConfig.File, 1, "", source.Option, reason) { IsWarning = isWarning });
        try
        {
            var isUrl = IsUrl(source.Value);
            var path = Render(source.Value, run.Facts, isUrl);
            if (isUrl && run.Fetch is { } fetch)
            {
                var fetched = fetch(path, ReadLimit.UserData);
                run.WarnOfPlainUrl(path, fetched.Name, reason => Report(reason, isWarning: true));
                return ConfigSource.Of([fetched]);
            }
            var type = Syscall.TryStat(path)?.Type;
            if (type is FileType.Regular or FileType.Directory) return ConfigSource.At(path);
            // A URL may contain a password.
            if (isUrl) Report("not read in this stage: a URL needs the network of the booted system", isWarning: true);
            else if (type is not null) Report($"{path} is neither a file nor a directory", isWarning: false);
            // The persistent volume is not mounted before the layout.
            else if (MountPath.IsInside(path, SystemPaths.Persistent) && stage == "rootfs")
                Report($"{path} does not exist yet; the next stage looks for it again", isWarning: true);
            else Report($"{path} does not exist", isWarning: false);
        }
        catch (TemplateException e) { Report($"not read: {e.Message}", isWarning: false); }
        catch (Exception e) when (e is SyscallException or FormatException or OperatorException)
        {
            Report(StageProblem.ReasonOf(e),
            isWarning: false);
        }
        return null;
    }

    /// <summary>
    /// Fills in the templates of the path. A template that fails or has no value is a fault, because part of a path is not a path.
    /// </summary>
    private static string Render(string text, StageFacts facts, bool isUrl)
    {
        if (!Template.IsTemplate(text)) return text;
        var values = MachineValues.Of(facts);
        var rendered = Template.Render(text, TemplateFields.Under("Values", isUrl ? values.Select(EscapeForUrl) : values));
        return rendered.Contains(Template.Print(null), StringComparison.Ordinal)
            ? throw new TemplateException("its template uses a value that this machine does not have") : rendered;
    }

    internal static bool IsUrl(string text)
    {
        var colon = text.IndexOf("://", StringComparison.Ordinal);
        if (colon <= 0) return false;
        foreach (var c in text.AsSpan(0, colon))
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.')) return false;
        return true;
    }

    /// <summary>RFC 3986: all characters except the unreserved ones become %XX of their UTF-8 bytes.</summary>
    private static string EscapeForUrl(string text)
    {
        var escaped = new StringBuilder();
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            if (char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'-' or (byte)'.' or (byte)'_' or (byte)'~')
                escaped.Append((char)octet);
            else escaped.Append('%').Append(Convert.ToHexString([octet]));
        }
        return escaped.ToString();
    }
}

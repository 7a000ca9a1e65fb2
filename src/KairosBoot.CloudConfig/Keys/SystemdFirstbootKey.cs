namespace KairosBoot.CloudConfig;

/// <summary><c>systemd_firstboot</c>: options for one call of systemd-firstboot(1). The value <c>true</c> means an option without a value.</summary>
internal static class SystemdFirstbootKey
{
    // Other options may be a password, also if misspelt, and the program prints options that it does not know.
    private static readonly string[] Public =
        ["locale", "locale-messages", "keymap", "timezone", "hostname", "machine-id", "root-shell", "root-password-file", "root", "image"];

    internal static readonly StageKey Definition = new("systemd_firstboot", Schema.MapOf(Schema.Text), (value, run) =>
    {
        var arguments = new List<string>();
        var secrets = new List<string>();
        foreach (var (name, setting) in ((YamlMapping)value).Pairs)
        {
            var option = name.Text.ToLowerInvariant();
            var text = setting is YamlScalar { IsNull: false } scalar ? scalar.Text : "";
            arguments.Add(text == "true" ? "--" + option : $"--{option}={text}");
            if (text is not ("" or "true") && Array.IndexOf(Public, option) < 0) secrets.Add(text);
        }
        if (arguments.Count == 0) return;
        arguments.Sort(string.CompareOrdinal);
        // Longest first: replacing a secret that is the start of another one would show the rest of it.
        secrets.Sort((a, b) => b.Length - a.Length);
        run.RunTool("systemd-firstboot", arguments, value.Line, "systemd_firstboot", secrets);
    });
}

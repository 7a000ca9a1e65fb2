namespace KairosBoot.CloudConfig.Booted;

/// <summary>
/// Replaces secrets in a YAML document. The document is parsed and written again: comments, which may have old secrets, and further
/// documents are lost. Anchors are replaced by what they stand for.
/// </summary>
internal sealed class SecretConfig
{
    // Anchors may make a small file large.
    private const int MaxLength = 1 << 20, MaxNesting = 4;
    private const string Cut = "(cut: the file is too long)";

    private readonly KnownSecrets known;
    private readonly int nesting;
    private readonly YamlText text = new();

    private SecretConfig(KnownSecrets known, int nesting) => (this.known, this.nesting) = (known, nesting);

    /// <summary>A file that cannot be parsed is replaced by a note that says why.</summary>
    internal static string Redact(string config, KnownSecrets known, int nesting = 0)
    {
        try
        {
            var root = YamlReader.Read(config);
            if (root is not (YamlMapping or YamlSequence)) return Note("it is not a YAML mapping");
            var writer = new SecretConfig(known, nesting);
            if (config.StartsWith("#cloud-config", StringComparison.Ordinal)) writer.text.Comment("cloud-config");
            writer.Write(root);
            return writer.text.ToString();
        }
        // The message may quote the text.
        catch (YamlFaultException fault) { return Note($"it cannot be parsed: line {fault.Line}, column {fault.Column}"); }
    }

    private static string Note(string reason) => $"# The whole content is left out: {reason}\n";

    private void Write(YamlNode node)
    {
        if (text.Length > MaxLength)
        {
            text.Scalar(Cut, isPlain: false);
            return;
        }

        switch (node)
        {
            case YamlMapping mapping: WriteMapping(mapping); break;
            case YamlSequence list:
                text.BeginList(list.Items.Count);
                foreach (var item in list.Items)
                {
                    text.Item();
                    Write(item);
                }

                text.End();
                break;
            case YamlScalar scalar: text.Scalar(known.Remove(SecretText.Redact(scalar.Text, known)), scalar.IsPlain); break;
        }
    }

    private void WriteMapping(YamlMapping mapping)
    {
        var named = SecretNames.NameKeys.Any(key => mapping.Text(key) is { } name && SecretNames.IsSecret(name));
        text.BeginMapping(mapping.Pairs.Count);
        foreach (var (key, value) in mapping.Pairs)
        {
            text.Key(known.Remove(SecretText.Redact(key.Text, known)));
            if (SecretNames.IsSecret(key.Text) || (named && key.Text is "value" or "values" or "default")) WriteSecret(value);
            else if (key.Text == "content" && value is YamlScalar content) WriteContent(mapping, content);
            else Write(value);
        }

        text.End();
    }

    private void WriteSecret(YamlNode value)
    {
        if (value is YamlScalar { IsPlain: true } scalar && !SecretNames.MayBeSecret(scalar.Text))
        {
            text.Scalar(scalar.Text, isPlain: true);
            return;
        }

        Learn(value);
        text.Scalar(KnownSecrets.Replacement, isPlain: false);
    }

    private void Learn(YamlNode value)
    {
        if (value is YamlScalar scalar) known.Add(scalar.Text);
        else if (value is YamlSequence list)
            foreach (var item in list.Items) Learn(item);
        else if (value is YamlMapping mapping)
            foreach (var (_, member) in mapping.Pairs) Learn(member);
    }

    // The content of a file that the config writes.
    private void WriteContent(YamlMapping file, YamlScalar content)
    {
        var path = file.Text("path") ?? "";
        var reason = file.Text("encoding") is { Length: > 0 } encoding ? $"encoded: {encoding}"
            : SecretPaths.IsSecret(path) ? "its path is that of a secret"
            : IsPrivate(file) ? "only its owner or group may read it" : null;
        if (reason is not null)
        {
            known.Add(content.Text);
            text.Scalar($"{KnownSecrets.Replacement}: {reason}", isPlain: false);
        }
        else if (nesting < MaxNesting && IsYaml(path))
        {
            text.Scalar(Redact(content.Text, known, nesting + 1), isPlain: false);
        }
        else
        {
            text.Scalar(known.Remove(SecretText.Redact(content.Text, known)), isPlain: false);
        }
    }

    // A file that not everybody may read on the machine is not for an archive.
    private static bool IsPrivate(YamlMapping file)
    {
        const int ReadableByOthers = 4;
        if (file.Find("permissions") is not YamlScalar scalar) return false;
        return FilePermissions.Parse(scalar) is not { } mode || (mode & ReadableByOthers) == 0;
    }

    private static bool IsYaml(string path) =>
        ((string[])[".yaml", ".yml", ".json"]).Any(end => path.EndsWith(end, StringComparison.Ordinal));
}

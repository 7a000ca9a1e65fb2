namespace KairosBoot.CloudConfig;

/// <summary>Receives one finding about a config.</summary>
internal delegate void Finding(int line, string key, string reason, bool isWarning);

/// <summary>
/// The allowed form of a value. <see cref="Validate"/> reports invalid parts and returns the value without them. So an action never gets a
/// field of the wrong type, and a config can be checked without running it.
/// </summary>
internal abstract class Schema
{
    /// <summary>Null: no valid part. A YAML null means "not given" and is not reported.</summary>
    internal abstract YamlNode? Validate(YamlNode node, string key, Finding report);

    private const string TextKind = "a text";

    internal static readonly Schema Text = new ScalarSchema(TextKind, _ => true);
    /// <summary>The fields of a record with their names, or what a list or map contains, without a name.</summary>
    internal virtual (string Name, Schema Schema)[] Parts => [];

    internal static readonly Schema Integer = new ScalarSchema("a whole number", s => s.Integer() is not null);
    internal static readonly Schema Boolean = new ScalarSchema("true or false", s => s.Boolean() is not null);
    internal static readonly Schema Permissions = new PermissionsSchema(isFile: false);

    /// <summary>As <see cref="Permissions"/>. A bad value is reported, and the file is only for its owner: it may be a secret.</summary>
    internal static readonly Schema FilePermissions = new PermissionsSchema(isFile: true);
    internal static readonly Schema Any = new AnySchema();

    /// <summary>A list of texts. A single text counts as a list of one.</summary>
    internal static readonly Schema Texts = new ListSchema(Text, singleAllowed: true);

    /// <summary>All or nothing: one invalid part makes the whole value invalid, because the rest would have another meaning.</summary>
    internal static Schema Whole(Schema schema) => new WholeSchema(schema);

    /// <summary>A field of other tools that nothing here acts on.</summary>
    internal static Schema NoEffect(string reason) => new NoEffectSchema(reason);

    internal static Schema Scalar(string wanted, Func<YamlScalar, bool> fits) => new ScalarSchema(wanted, fits);
    internal static Schema ListOf(Schema item) => new ListSchema(item, singleAllowed: false);
    internal static Schema MapOf(Schema value) => new MapSchema(value, isListAllowed: false);
    /// <summary>A map, or a list of records, which gets its names from their field <c>name</c>.</summary>
    internal static Schema MapByName(Schema value) => new MapSchema(value, isListAllowed: true);

    internal static Schema Record(params (string Name, Schema Schema)[] fields) => new RecordSchema(fields);

    protected static YamlNode? Mismatch(YamlNode node, string key, string wanted, Finding report)
    {
        // `- echo a: b` is a mapping in YAML.
        var hint = node is YamlMapping { Pairs: [({ Text.Length: > 0 } name, _)] } && wanted == TextKind
            ? $"; to fix: quote it: '{name.Text}: ...'" : "";
        if (node is not YamlScalar { IsNull: true })
            report(node.Line, key, $"{node.Kind} instead of {wanted}; ignored{hint}", isWarning: false);
        return null;
    }

    private sealed class AnySchema : Schema
    {
        internal override YamlNode? Validate(YamlNode node, string key, Finding report) => node;
    }

    internal sealed class NoEffectSchema(string reason) : Schema
    {
        internal override YamlNode? Validate(YamlNode node, string key, Finding report)
        {
            report(node.Line, key, $"has no effect: {reason}", isWarning: true);
            return null;
        }
    }

    private sealed class WholeSchema(Schema schema) : Schema
    {
        internal override (string Name, Schema Schema)[] Parts => [("", schema)];

        internal override YamlNode? Validate(YamlNode node, string key, Finding report)
        {
            var fits = true;
            var conforming = schema.Validate(node, key, (line, at, reason, isWarning) =>
            {
                fits &= isWarning;
                report(line, at, reason, isWarning);
            });
            return fits ? conforming : null;
        }
    }

    private sealed class ScalarSchema(string wanted, Func<YamlScalar, bool> fits) : Schema
    {
        internal override YamlNode? Validate(YamlNode node, string key, Finding report) =>
            node is YamlScalar { IsNull: false } scalar && fits(scalar) ? scalar : Mismatch(node, key, wanted, report);
    }

    private sealed class PermissionsSchema(bool isFile) : Schema
    {
        private const string Wanted = "an octal mode such as 0644";

        internal override YamlNode? Validate(YamlNode node, string key, Finding report)
        {
            if (node is YamlScalar { IsNull: true }) return null;
            if (node is not YamlScalar scalar || CloudConfig.FilePermissions.Parse(scalar) is not { } mode)
            {
                if (!isFile) return Mismatch(node, key, Wanted, report);
                report(node.Line, key, $"{node.Kind} instead of {Wanted}; the file gets 0600", isWarning: false);
                return new YamlScalar("0600", isPlain: true, node.Line);
            }
            if (CloudConfig.FilePermissions.LooksMistaken(scalar))
            {
                report(node.Line, key,
                    $"{scalar.Text} is a decimal number, which is mode 0{Convert.ToString(mode, 8)}: write 0{scalar.Text}",
                    isWarning: true);
            }
            return scalar;
        }
    }

    private sealed class ListSchema(Schema item, bool singleAllowed) : Schema
    {
        internal override (string Name, Schema Schema)[] Parts => [("", item)];

        internal override YamlNode? Validate(YamlNode node, string key, Finding report)
        {
            if (node is not YamlSequence list)
            {
                return singleAllowed && node is YamlScalar { IsNull: false } ? item.Validate(node, key, report)
                    : Mismatch(node, key, "a list", report);
            }
            // A copy only if an item changes: most lists are valid, and a long list has many items.
            YamlSequence? conforming = null;
            var valid = 0;
            foreach (var element in list.Items)
            {
                var fitting = item.Validate(element, key, report);
                if (ReferenceEquals(fitting, element) && conforming is null)
                {
                    valid++;
                    continue;
                }
                conforming ??= FirstOf(list, valid);
                if (fitting is not null) conforming.Add(fitting);
            }
            return conforming ?? list;
        }
    }

    private static YamlSequence FirstOf(YamlSequence list, int count)
    {
        var first = new YamlSequence(list.Line);
        foreach (var item in list.Items)
        {
            if (count-- == 0) break;
            first.Add(item);
        }
        return first;
    }

    private static YamlMapping FirstOf(YamlMapping mapping, int count)
    {
        var first = new YamlMapping(mapping.Line);
        foreach (var (name, value) in mapping.Pairs)
        {
            if (count-- == 0) break;
            first.Add(name, value);
        }
        return first;
    }

    private sealed class MapSchema(Schema value, bool isListAllowed) : Schema
    {
        internal override (string Name, Schema Schema)[] Parts => [("", value)];

        internal override YamlNode? Validate(YamlNode node, string key, Finding report)
        {
            if ((isListAllowed && node is YamlSequence list ? ByName(list, key, report) : node) is not YamlMapping mapping)
                return Mismatch(node, key, "a mapping", report);
            YamlMapping? conforming = null;
            var valid = 0;
            foreach (var (name, element) in mapping.Pairs)
            {
                // A name without a value is kept: `users: {kairos: }` and `A: ` both have a meaning.
                var fitting = value.Validate(element, $"{key}.{name.Name}", report)
                    ?? (element is YamlScalar { IsNull: true } ? element : null);
                if (ReferenceEquals(fitting, element) && conforming is null)
                {
                    valid++;
                    continue;
                }
                conforming ??= FirstOf(mapping, valid);
                if (fitting is not null) conforming.Add(name, fitting);
            }
            return conforming ?? mapping;
        }

        private static YamlMapping ByName(YamlSequence list, string key, Finding report)
        {
            var mapping = new YamlMapping(list.Line);
            var names = new HashSet<string>();
            foreach (var item in list.Items)
            {
                var name = (item as YamlMapping)?.Find("name") as YamlScalar;
                if (name is { IsNull: false } && names.Add(name.Text)) mapping.Add(name, item);
                else report(item.Line, key, "an item without a name, or with the name of another item; ignored", isWarning: false);
            }
            return mapping;
        }
    }

    private sealed class RecordSchema((string Name, Schema Schema)[] fields) : Schema
    {
        internal override (string Name, Schema Schema)[] Parts => fields;

        internal override YamlNode? Validate(YamlNode node, string key, Finding report)
        {
            if (node is not YamlMapping mapping) return Mismatch(node, key, "a mapping", report);
            YamlMapping? conforming = null;
            var valid = 0;
            foreach (var (name, value) in mapping.Pairs)
            {
                var path = key.Length == 0 ? name.Name : $"{key}.{name.Name}";
                YamlNode? fitting = null;
                if (Find(name.Text) is { } schema) fitting = schema.Validate(value, path, report);
                else report(name.Line, path, SpellingHint.Suggest(name.Text, Names()), isWarning: true);
                if (ReferenceEquals(fitting, value) && conforming is null)
                {
                    valid++;
                    continue;
                }
                conforming ??= FirstOf(mapping, valid);
                if (fitting is not null) conforming.Add(name, fitting);
            }
            return conforming ?? mapping;
        }

        private Schema? Find(string name)
        {
            foreach (var field in fields)
                if (field.Name == name) return field.Schema;
            return null;
        }

        private IEnumerable<string> Names()
        {
            foreach (var field in fields) yield return field.Name;
        }
    }
}

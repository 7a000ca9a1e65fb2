namespace KairosBoot.CloudConfig;

/// <summary>Receives one finding about a config.</summary>
internal delegate void Finding(int line, string key, string reason, bool isWarning);

/// <summary>
/// What a value must look like. <see cref="Conform"/> reports what does not fit and returns the value without it, so the code that
/// acts on a value never sees a field of the wrong type, and a config is checked without being run.
/// </summary>
internal abstract class Shape
{
    /// <summary>Null: nothing is left of it. Nothing is reported for a YAML null, which stands for "not given".</summary>
    internal abstract YamlNode? Conform(YamlNode node, string key, Finding report);

    internal static readonly Shape Text = new ScalarShape("a text", _ => true);
    internal static readonly Shape Integer = new ScalarShape("a whole number", s => s.Integer() is not null);
    internal static readonly Shape Boolean = new ScalarShape("true or false", s => s.Boolean() is not null);
    internal static readonly Shape Permissions = new PermissionsShape();
    internal static readonly Shape Any = new AnyShape();

    /// <summary>Texts; a single one may stand for a list of one.</summary>
    internal static readonly Shape Texts = new ListShape(Text, singleAllowed: true);

    /// <summary>All of it or nothing: where one part does not fit, the rest would mean something else.</summary>
    internal static Shape Whole(Shape shape) => new WholeShape(shape);

    internal static Shape Scalar(string wanted, Func<YamlScalar, bool> fits) => new ScalarShape(wanted, fits);
    internal static Shape ListOf(Shape item) => new ListShape(item, singleAllowed: false);
    internal static Shape MapOf(Shape value) => new MapShape(value);
    internal static Shape Record(params (string Name, Shape Shape)[] fields) => new RecordShape(fields);

    protected static YamlNode? Misfit(YamlNode node, string key, string wanted, Finding report)
    {
        if (node is not YamlScalar { IsNull: true }) report(node.Line, key, $"{node.Kind} where {wanted} belongs; left out", isWarning: false);
        return null;
    }

    private sealed class AnyShape : Shape
    {
        internal override YamlNode? Conform(YamlNode node, string key, Finding report) => node;
    }

    private sealed class WholeShape(Shape shape) : Shape
    {
        internal override YamlNode? Conform(YamlNode node, string key, Finding report)
        {
            var fits = true;
            var conforming = shape.Conform(node, key, (line, at, reason, isWarning) =>
            {
                fits &= isWarning;
                report(line, at, reason, isWarning);
            });
            return fits ? conforming : null;
        }
    }

    private sealed class ScalarShape(string wanted, Func<YamlScalar, bool> fits) : Shape
    {
        internal override YamlNode? Conform(YamlNode node, string key, Finding report) =>
            node is YamlScalar { IsNull: false } scalar && fits(scalar) ? scalar : Misfit(node, key, wanted, report);
    }

    private sealed class PermissionsShape : Shape
    {
        internal override YamlNode? Conform(YamlNode node, string key, Finding report)
        {
            if (node is not YamlScalar { IsNull: false } scalar || FilePermissions.Parse(scalar) is not { } mode)
                return Misfit(node, key, "an octal mode such as 0644", report);
            if (FilePermissions.LooksMistaken(scalar))
                report(node.Line, key, $"{scalar.Text} is a decimal number, which is mode 0{Convert.ToString(mode, 8)}: write 0{scalar.Text}", isWarning: true);
            return scalar;
        }
    }

    private sealed class ListShape(Shape item, bool singleAllowed) : Shape
    {
        internal override YamlNode? Conform(YamlNode node, string key, Finding report)
        {
            if (node is not YamlSequence list)
                return singleAllowed && node is YamlScalar { IsNull: false } ? item.Conform(node, key, report) : Misfit(node, key, "a list", report);
            var conforming = new YamlSequence(node.Line, node.Column);
            foreach (var element in list.Items)
                if (item.Conform(element, key, report) is { } fitting) conforming.Add(fitting);
            return conforming;
        }
    }

    private sealed class MapShape(Shape value) : Shape
    {
        internal override YamlNode? Conform(YamlNode node, string key, Finding report)
        {
            if (node is not YamlMapping mapping) return Misfit(node, key, "a mapping", report);
            var conforming = new YamlMapping(node.Line, node.Column);
            foreach (var (name, element) in mapping.Pairs)
            {
                // A name without a value stays: `users: {kairos: }` and `A: ` both mean something.
                var fitting = value.Conform(element, $"{key}.{name.Text}", report) ?? (element is YamlScalar { IsNull: true } ? element : null);
                if (fitting is not null) conforming.Add(name, fitting);
            }
            return conforming;
        }
    }

    private sealed class RecordShape((string Name, Shape Shape)[] fields) : Shape
    {
        internal override YamlNode? Conform(YamlNode node, string key, Finding report)
        {
            if (node is not YamlMapping mapping) return Misfit(node, key, "a mapping", report);
            var conforming = new YamlMapping(node.Line, node.Column);
            foreach (var (name, value) in mapping.Pairs)
            {
                var path = key.Length == 0 ? name.Text : $"{key}.{name.Text}";
                if (Find(name.Text) is not { } shape)
                    report(name.Line, path, NearestName.Suggest(name.Text, Names()), isWarning: true);
                else if (shape.Conform(value, path, report) is { } fitting)
                    conforming.Add(name, fitting);
            }
            return conforming;
        }

        private Shape? Find(string name)
        {
            foreach (var field in fields)
                if (field.Name == name) return field.Shape;
            return null;
        }

        private IEnumerable<string> Names()
        {
            foreach (var field in fields) yield return field.Name;
        }
    }
}

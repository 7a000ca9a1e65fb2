namespace KairosBoot.CloudConfig;

/// <summary>The values of names at a position in a template: the dot and the variables.</summary>
internal sealed class TemplateScope(TemplateFields root)
{
    // A template has about ten actions. Nested loops could run almost forever.
    private const int MaxSteps = 10_000;

    private int steps;

    private readonly List<(string Name, object? Value)> variables = [("", root)];

    internal object? Dot { get; set; } = root;

    internal int Count => variables.Count;

    /// <summary>By the name without the dollar sign. The empty name is the root.</summary>
    internal object? this[string name] => variables[Find(name)].Value;

    internal void Declare(string name, object? value) => variables.Add((name, value));

    internal void Assign(string name, object? value) => variables[Find(name)] = (name, value);

    /// <summary>Removes all but the first variables.</summary>
    internal void Forget(int count) => variables.RemoveRange(count, variables.Count - count);

    /// <summary>Counts the steps of an evaluation: one for an action, an iteration or a call, and more for a long action.</summary>
    internal void Spend(int cost)
    {
        if ((steps += cost) > MaxSteps) throw new TemplateException($"more than {MaxSteps} steps");
    }

    private int Find(string name)
    {
        for (var i = variables.Count - 1; i >= 0; i--)
            if (variables[i].Name == name) return i;
        throw new TemplateException($"unknown variable ${name}");
    }
}

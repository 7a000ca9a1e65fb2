namespace KairosBoot.CloudConfig;

/// <summary>What the names in a template stand for at one place of it: the dot, and the variables declared so far.</summary>
internal sealed class TemplateScope(TemplateFields root)
{
    // A template has some ten actions; a loop in a loop in a loop has no end that anybody would wait for.
    private const int MaxSteps = 10_000;

    private int steps;

    private readonly List<(string Name, object? Value)> variables = [("", root)];

    internal object? Dot { get; set; } = root;

    internal int Count => variables.Count;

    /// <summary>The name without its dollar sign; the empty one is the root.</summary>
    internal object? this[string name] => variables[Find(name)].Value;

    internal void Declare(string name, object? value) => variables.Add((name, value));

    internal void Assign(string name, object? value) => variables[Find(name)] = (name, value);

    /// <summary>Back to the first so many.</summary>
    internal void Forget(int count) => variables.RemoveRange(count, variables.Count - count);

    /// <summary>What evaluating costs: a step for an action, a turn of a loop, a call; more for an action as long as a file.</summary>
    internal void Spend(int cost)
    {
        if ((steps += cost) > MaxSteps) throw new TemplateException($"more than {MaxSteps} steps");
    }

    private int Find(string name)
    {
        for (var i = variables.Count - 1; i >= 0; i--)
            if (variables[i].Name == name) return i;
        throw new TemplateException($"no variable ${name} here");
    }
}

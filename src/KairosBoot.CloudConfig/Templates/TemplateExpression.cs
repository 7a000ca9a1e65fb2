using System.Text;

namespace KairosBoot.CloudConfig;

/// <summary>Evaluates the text between <c>{{</c> and <c>}}</c> in one pass.</summary>
internal sealed class TemplateExpression
{
    private const int MaxNesting = 50;

    private readonly string text;
    private readonly TemplateScope scope;
    private int position, nesting;
    // True after the argument that decides an `and` or `or`: the other arguments are parsed but not evaluated.
    private bool isSkipping;

    private TemplateExpression(string text, TemplateScope scope) => (this.text, this.scope) = (text, scope);

    /// <summary>The value, and the variables that <c>$x := ...</c> sets; null: none.</summary>
    /// <param name="text">Text of the action.</param>
    /// <param name="scope">The variables.</param>
    /// <param name="declare">False: up to two names, which the caller must declare.</param>
    internal static (List<string>? Names, object? Value) Evaluate(string text, TemplateScope scope, bool declare = true)
    {
        const int CharactersOfAStep = 200;
        scope.Spend(1 + text.Length / CharactersOfAStep);
        var expression = new TemplateExpression(text, scope);
        var (names, isNew) = expression.Names();
        var value = expression.Pipeline();
        if (!expression.AtEnd()) throw new TemplateException($"unexpected '{text[expression.position]}'");
        if (names is null || !declare) return (names, value);
        if (names.Count > 1) throw new TemplateException("only range gives two names");
        if (isNew) scope.Declare(names[0], value);
        else scope.Assign(names[0], value);
        return (names, value);
    }

    private bool AtEnd()
    {
        while (position < text.Length && char.IsWhiteSpace(text[position])) position++;
        return position == text.Length;
    }

    private bool At(char c) => !AtEnd() && text[position] == c;

    private bool Skip(string sign)
    {
        if (AtEnd() || !text.AsSpan(position).StartsWith(sign)) return false;
        position += sign.Length;
        return true;
    }

    /// <summary><c>$x :=</c>, <c>$i, $x :=</c> or <c>$x =</c>; Otherwise the position does not change.</summary>
    private (List<string>? Names, bool AreNew) Names()
    {
        var start = position;
        var names = new List<string>();
        while (Skip("$") && Word() is { Length: > 0 } name)
        {
            names.Add(name);
            if (names.Count < 2 && Skip(",")) continue;
            if (Skip(":=")) return (names, true);
            if (names.Count == 1 && Skip("=")) return (names, false);
            break;
        }
        position = start;
        return (null, false);
    }

    /// <summary>Each command after the first gets the previous result as its last argument.</summary>
    private object? Pipeline()
    {
        if (++nesting > MaxNesting) throw new TemplateException("nested too deeply");
        var value = Command(null);
        while (At('|'))
        {
            position++;
            value = Command([value]);
        }
        nesting--;
        return value;
    }

    private object? Command(object?[]? piped)
    {
        if (AtEnd()) throw new TemplateException("a value is missing");
        if (piped is null && !char.IsAsciiLetter(text[position])) return Operand();
        var name = Word();
        if (name.Length == 0 || piped is not null && IsLiteral(name)) throw new TemplateException("only a function can follow '|'");
        if (IsLiteral(name)) return Named(name);
        return name is "and" or "or" ? Decide(untilTrue: name == "or", piped) : Call(name, Arguments(piped));
    }

    private List<object?> Arguments(object?[]? piped)
    {
        var arguments = new List<object?>();
        while (!AtEnd() && text[position] is not ('|' or ')')) arguments.Add(Operand());
        arguments.AddRange(piped ?? []);
        return arguments;
    }

    /// <summary>The first argument that decides the result, or the last one.</summary>
    private object? Decide(bool untilTrue, object?[]? piped)
    {
        var outer = isSkipping;
        object? result = null;
        var count = 0;
        void Take(object? value)
        {
            count++;
            if (isSkipping) return;
            result = value;
            isSkipping = TemplateFunctions.IsTrue(value) == untilTrue;
        }
        while (!AtEnd() && text[position] is not ('|' or ')')) Take(Operand());
        foreach (var value in piped ?? []) Take(value);
        isSkipping = outer;
        return count > 0 ? result : throw new TemplateException($"{(untilTrue ? "or" : "and")}: no arguments");
    }

    private object? Call(string name, List<object?> arguments)
    {
        if (isSkipping) return null;
        scope.Spend(1);
        return TemplateFunctions.Call(name, arguments);
    }

    private static bool IsLiteral(string name) => name is "true" or "false" or "nil";

    private object? Named(string name) => name switch
    {
        "true" => true,
        "false" => false,
        "nil" => null,
        _ => Call(name, []),
    };

    private string Word()
    {
        var start = position;
        while (position < text.Length && (char.IsAsciiLetterOrDigit(text[position]) || text[position] == '_')) position++;
        return text[start..position];
    }

    private object? Operand()
    {
        if (AtEnd()) throw new TemplateException("a value is missing");
        var c = text[position];
        switch (c)
        {
            case '(':
                position++;
                var inner = Pipeline();
                if (!At(')')) throw new TemplateException("'(' is not closed");
                position++;
                return Path(inner);
            case '.':
                return Path(scope.Dot);
            case '$':
                position++;
                return Path(scope[Word()]);
            case '"' or '`':
                return Literal(c);
            case '-' or >= '0' and <= '9':
                return Number();
        }
        var name = Word();
        return name.Length > 0 ? Named(name) : throw new TemplateException($"unexpected '{c}'");
    }

    /// <summary><c>.a.b.c</c> from a value; a single <c>.</c> is the value itself.</summary>
    private object? Path(object? value)
    {
        while (position < text.Length && text[position] == '.')
        {
            position++;
            var name = Word();
            if (name.Length == 0) return value;
            value = isSkipping ? null : value switch
            {
                TemplateFields inner => inner[name],
                null => null,
                _ => throw new TemplateException($".{name}: the value before it has no fields"),
            };
        }
        return value;
    }

    private long Number()
    {
        var start = position++;
        while (position < text.Length && char.IsAsciiLetterOrDigit(text[position])) position++;
        return YamlScalar.ParseInteger(text[start..position]) ?? throw new TemplateException($"'{text[start..position]}' is not a number");
    }

    private string Literal(char quote)
    {
        var literal = new StringBuilder();
        for (position++; position < text.Length && text[position] != quote; position++)
        {
            if (quote == '`' || text[position] != '\\' || position + 1 == text.Length) literal.Append(text[position]);
            else literal.Append(text[++position] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', var other => other });
        }
        if (position == text.Length) throw new TemplateException("a quote is not closed");
        position++;
        return literal.ToString();
    }
}

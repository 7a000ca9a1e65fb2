using System.Text;

namespace KairosBoot.CloudConfig;

/// <summary>Evaluates what stands between <c>{{</c> and <c>}}</c> in one pass over its text.</summary>
internal sealed class TemplateExpression
{
    private const int MaxNesting = 50;

    private readonly string text;
    private readonly TemplateFields fields;
    private int position, nesting;

    private TemplateExpression(string text, TemplateFields fields) => (this.text, this.fields) = (text, fields);

    internal static object? Evaluate(string text, TemplateFields fields)
    {
        var expression = new TemplateExpression(text, fields);
        var value = expression.Pipeline();
        return expression.AtEnd() ? value : throw new TemplateException($"unexpected '{text[expression.position]}'");
    }

    private bool AtEnd()
    {
        while (position < text.Length && char.IsWhiteSpace(text[position])) position++;
        return position == text.Length;
    }

    private bool At(char c) => !AtEnd() && text[position] == c;

    /// <summary>Each command after the first gets the result so far as its last argument.</summary>
    private object? Pipeline()
    {
        if (++nesting > MaxNesting) throw new TemplateException("nested too deeply");
        var value = Command(piped: null);
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
        var arguments = new List<object?>();
        while (!AtEnd() && text[position] is not ('|' or ')')) arguments.Add(Operand());
        arguments.AddRange(piped ?? []);
        return TemplateFunctions.Call(name, arguments);
    }

    private static bool IsLiteral(string name) => name is "true" or "false" or "nil";

    private static object? Named(string name) => name switch
    {
        "true" => true,
        "false" => false,
        "nil" => null,
        _ => TemplateFunctions.Call(name, []),
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
                return Path(fields);
            case '"' or '`':
                return Literal(c);
            case '-' or >= '0' and <= '9':
                return Number();
        }
        var name = Word();
        return name.Length > 0 ? Named(name) : throw new TemplateException($"unexpected '{c}'");
    }

    /// <summary><c>.a.b.c</c> from a value; a lone <c>.</c> is the value itself.</summary>
    private object? Path(object? value)
    {
        while (position < text.Length && text[position] == '.')
        {
            position++;
            var name = Word();
            if (name.Length == 0) return value;
            value = value switch
            {
                TemplateFields inner => inner[name],
                null => null,
                _ => throw new TemplateException($".{name}: its left side has no fields"),
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

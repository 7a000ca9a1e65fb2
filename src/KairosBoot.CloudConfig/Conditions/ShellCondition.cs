using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>
/// The part of the shell language that most conditions use: <c>[ ]</c>, <c>test</c>, <c>grep</c> on one file, <c>true</c>, <c>false</c>, <c>! &amp;&amp; || ( ) ;</c>. It is evaluated
/// here because a process takes a millisecond, the shipped configs have about fifty conditions per boot, and an image may have no
/// shell.
/// </summary>
internal sealed class ShellCondition
{
    private const int MaxNesting = 50;

    private readonly List<ShellWord> words;
    private int position, nesting;

    private ShellCondition(List<ShellWord> words) => this.words = words;

    /// <summary>Null: only a shell can evaluate it.</summary>
    internal static bool? Evaluate(string text)
    {
        if (ShellWord.Split(text) is not { } words) return null;
        var condition = new ShellCondition(words);
        // The whole text is parsed before anything is evaluated.
        var test = condition.List();
        return test is not null && condition.position == words.Count ? test() : null;
    }

    private bool AtOperator(string text) => position < words.Count && words[position].IsOperator && words[position].Text == text;

    private bool TakeOperator(string text)
    {
        if (!AtOperator(text)) return false;
        position++;
        return true;
    }

    private void SkipSeparators()
    {
        while (TakeOperator(";")) { }
    }

    /// <summary>A list of commands: the result of the last one counts.</summary>
    private Func<bool>? List()
    {
        if (++nesting > MaxNesting) return null;
        SkipSeparators();
        Func<bool>? last = null;
        while (position < words.Count && !AtOperator(")"))
        {
            last = AndOr();
            if (last is null) return null;
            if (position < words.Count && !AtOperator(")") && !AtOperator(";")) return null;
            SkipSeparators();
        }
        nesting--;
        return last;
    }

    /// <summary><c>&amp;&amp;</c> and <c>||</c> have equal precedence and associate to the left.</summary>
    private Func<bool>? AndOr()
    {
        var left = Negated();
        while (left is not null && (AtOperator("&&") || AtOperator("||")))
        {
            var and = words[position++].Text == "&&";
            SkipSeparators();
            if (Negated() is not { } right) return null;
            var first = left;
            left = and ? () => first() && right() : () => first() || right();
        }
        return left;
    }

    private Func<bool>? Negated()
    {
        if (position < words.Count && words[position] is { IsOperator: false, Text: "!" })
        {
            position++;
            return Command() is { } command ? () => !command() : null;
        }
        return Command();
    }

    private Func<bool>? Command()
    {
        if (TakeOperator("("))
        {
            var inner = List();
            return TakeOperator(")") ? inner : null;
        }
        var arguments = new List<string>();
        while (position < words.Count && !words[position].IsOperator) arguments.Add(words[position++].Text);
        if (arguments.Count == 0) return null;
        var rest = arguments.GetRange(1, arguments.Count - 1);
        return arguments[0] switch
        {
            "true" or ":" => () => true,
            "false" => () => false,
            "grep" => Grep.Parse(rest),
            "test" => Test(rest),
            "[" when rest.Count > 0 && rest[^1] == "]" => Test(rest.GetRange(0, rest.Count - 1)),
            _ => null,
        };
    }

    /// <summary>POSIX test: the meaning of the arguments depends on their number.</summary>
    private static Func<bool>? Test(List<string> a)
    {
        if (a.Count is 3 or 4 && a[0] == "!" && !(a.Count == 3 && IsBinary(a[1]))) return Test(a.GetRange(1, a.Count - 1)) is { } t ? () => !t() : null;
        return a.Count switch
        {
            0 => () => false,
            1 => () => a[0].Length > 0,
            2 when a[0] == "!" => () => a[1].Length == 0,
            2 => Unary(a[0], a[1]),
            3 => Binary(a[0], a[1], a[2]),
            _ => null,
        };
    }

    private static bool IsBinary(string word) => word is "=" or "==" or "!=" or "-eq" or "-ne" or "-lt" or "-le" or "-gt" or "-ge";

    private static Func<bool>? Unary(string operation, string operand) => operation switch
    {
        "-z" => () => operand.Length == 0,
        "-n" => () => operand.Length > 0,
        "-e" => () => Stat(operand) is not null,
        "-f" => () => Stat(operand)?.Type == FileType.Regular,
        "-d" => () => Stat(operand)?.Type == FileType.Directory,
        "-b" => () => Stat(operand)?.Type == FileType.BlockDevice,
        "-c" => () => Stat(operand)?.Type == FileType.CharacterDevice,
        "-S" => () => Stat(operand)?.Type == FileType.Socket,
        "-p" => () => Stat(operand)?.Type == FileType.Fifo,
        "-s" => () => Stat(operand) is { Size: > 0 },
        "-h" or "-L" => () => Stat(operand, followLinks: false)?.Type == FileType.Symlink,
        "-r" => () => Syscall.Access(operand, Syscall.R_OK),
        "-w" => () => Syscall.Access(operand, Syscall.W_OK),
        "-x" => () => Syscall.Access(operand, Syscall.X_OK),
        _ => null,
    };

    private static FileStatus? Stat(string path, bool followLinks = true)
    {
        // An impossible path (a link loop, a name that is too long) counts as a missing file.
        try { return followLinks ? Syscall.TryStat(path) : Syscall.TryLStat(path); }
        catch (SyscallException) { return null; }
    }

    private static Func<bool>? Binary(string left, string operation, string right)
    {
        if (operation is "=" or "==") return () => left == right;
        if (operation == "!=") return () => left != right;
        if (!long.TryParse(left, out var l) || !long.TryParse(right, out var r)) return null;
        return operation switch
        {
            "-eq" => () => l == r,
            "-ne" => () => l != r,
            "-lt" => () => l < r,
            "-le" => () => l <= r,
            "-gt" => () => l > r,
            "-ge" => () => l >= r,
            _ => null,
        };
    }
}

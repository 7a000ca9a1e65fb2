using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>
/// The closed forms that most conditions use: <c>[ -e PATH ]</c>, <c>grep -q WORD FILE</c>, <c>true</c>, <c>false</c>,
/// <c>! &amp;&amp; || ( )</c>. They are evaluated here because a shell takes a millisecond or more, the shipped configs have about sixty
/// conditions per boot, and an image may have no shell. A test compares them with dash and GNU grep; everything else is left to the shell.
/// </summary>
internal class ShellCondition
{
    private const int MaxNesting = 50;
    // In the place of a command they start another form of command. `{` and `}` are never words here.
    private static readonly string[] Reserved =
    [
        "!", "case", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in", "select", "then", "time", "until", "while",
    ];

    private readonly List<ShellWord> words;
    private int position, nesting;

    protected ShellCondition(List<ShellWord> words) => this.words = words;

    /// <summary>Null: only a shell can evaluate it.</summary>
    internal static bool? Evaluate(string text) => ShellWord.Split(text) is { } words ? new ShellCondition(words).Evaluate() : null;

    private protected bool? Evaluate()
    {
        // The whole text is parsed before anything is evaluated. Then a command that only the shell knows matters only if it is reached.
        var test = List();
        return test is not null && position == words.Count ? test() : null;
    }

    /// <summary>A command <c>[</c> has no <c>]</c> at its end, which a shell notices only when it executes the command.</summary>
    internal static bool HasOpenTest(string text)
    {
        if (ShellWord.Split(text) is not { } words) return false;
        for (int start = 0, end = 0; end <= words.Count; end++)
        {
            if (end < words.Count && !words[end].IsOperator) continue;
            while (start < end && words[start].Text == "!") start++;
            if (start < end && words[start].Text == "[" && words[end - 1].Text != "]") return true;
            start = end + 1;
        }
        return false;
    }

    private bool AtOperator(string text) => position < words.Count && words[position].IsOperator && words[position].Text == text;

    private bool TakeOperator(string text)
    {
        if (!AtOperator(text)) return false;
        position++;
        return true;
    }

    private void SkipNewlines()
    {
        while (TakeOperator("\n")) { }
    }

    /// <summary>Commands on lines of their own: the result of the last one counts, if all are known.</summary>
    private Func<bool?>? List()
    {
        if (++nesting > MaxNesting) return null;
        SkipNewlines();
        Func<bool?>? last = null;
        while (position < words.Count && !AtOperator(")"))
        {
            if (AndOr() is not { } next || position < words.Count && !AtOperator(")") && !AtOperator("\n")) return null;
            var before = last;
            last = before is null ? next : () => before() is null ? null : next();
            SkipNewlines();
        }
        nesting--;
        return last;
    }

    /// <summary><c>&amp;&amp;</c> and <c>||</c> have equal precedence and associate to the left.</summary>
    private Func<bool?>? AndOr()
    {
        var left = Negated();
        while (left is not null && (AtOperator("&&") || AtOperator("||")))
        {
            var and = words[position++].Text == "&&";
            SkipNewlines();
            if (Negated() is not { } right) return null;
            var first = left;
            left = () => first() is not { } held ? null : held == and ? right() : held;
        }
        return left;
    }

    private Func<bool?>? Negated()
    {
        if (position == words.Count || words[position] is not { IsOperator: false, Text: "!" }) return Command();
        position++;
        return Command() is { } command ? () => !command() : null;
    }

    private Func<bool?>? Command()
    {
        if (TakeOperator("("))
        {
            var inner = List();
            return TakeOperator(")") ? inner : null;
        }
        var arguments = new List<string>();
        while (position < words.Count && !words[position].IsOperator) arguments.Add(words[position++].Text);
        if (arguments.Count == 0 || Array.IndexOf(Reserved, arguments[0]) >= 0) return null;
        return arguments switch
        {
            ["true"] => () => true,
            ["false"] => () => false,
            ["grep", "-q", var word, var file] => () => Find(word, file),
            ["test", var operation, var path] => () => Test(operation, path),
            ["test", "!", var operation, var path] => () => !Test(operation, path),
            ["[", var operation, var path, "]"] => () => Test(operation, path),
            ["[", "!", var operation, var path, "]"] => () => !Test(operation, path),
            _ => () => null,
        };
    }

    /// <summary>grep -q. A preview of a boot looks elsewhere.</summary>
    private protected virtual bool? Find(string word, string path) => Grep.Find(word, path);

    /// <summary>The operators of test(1) for one file.</summary>
    private protected virtual bool? Test(string operation, string path)
    {
        if (!path.StartsWith('/')) return null;
        return operation switch
        {
            "-e" => Stat(path) is not null,
            "-f" => Stat(path)?.Type == FileType.Regular,
            "-d" => Stat(path)?.Type == FileType.Directory,
            "-s" => Stat(path) is { Size: > 0 },
            "-L" => Stat(path, followLinks: false)?.Type == FileType.Symlink,
            "-r" => Syscall.Access(path, Syscall.R_OK),
            _ => null,
        };
    }

    private static FileStatus? Stat(string path, bool followLinks = true)
    {
        // An impossible path (a link loop, a name that is too long) counts as a missing file.
        try { return followLinks ? Syscall.TryStat(path) : Syscall.TryLStat(path); }
        catch (SyscallException) { return null; }
    }
}

using System.Reflection;
using KairosBoot.Cli;
using KairosBoot.Linux;

namespace KairosBoot.Image.Tests;

/// <summary>Each error of a system call, and each exception of the library for input and output, has a reason and a fix.</summary>
public sealed class FailureTextTests : Scratch
{
    private static IEnumerable<(string Name, int Number)> Numbers => typeof(Errno).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Where(row => row.IsLiteral).Select(row => (row.Name, (int)row.GetRawConstantValue()!));

    [Fact]
    public void Each_error_number_has_a_fix_of_its_own_kind()
    {
        var other = HostFix.Of(errno: 4000, "/place");
        foreach (var (name, number) in Numbers)
        {
            var fix = HostFix.Of(number, "/place");
            Assert.True(fix != other, name);
            Assert.DoesNotContain("{0}", fix);
            Assert.EndsWith($"({name})", Errno.Describe(number));
        }
    }

    [Theory]
    [InlineData(Errno.ENOSPC, "free blocks and inodes")]
    [InlineData(Errno.EDQUOT, "quota")]
    [InlineData(Errno.EROFS, "writable")]
    [InlineData(Errno.EACCES, "root")]
    [InlineData(Errno.ENOENT, "where its links lead: namei -l '/a b'")]
    [InlineData(Errno.ELOOP, "where its links lead")]
    [InlineData(Errno.EBUSY, "fuser")]
    [InlineData(Errno.EMFILE, "ulimit -n")]
    public void A_fix_fits_its_error(int errno, string text) => Assert.Contains(text, HostFix.Of(errno, "/a b"));

    [Fact]
    public void Exceptions_of_the_library_are_no_internal_errors()
    {
        var missing = FailureText.Of(Assert.ThrowsAny<IOException>(() => File.ReadAllText(PathOf("none"))));
        Assert.Contains("namei -l " + PathOf("none"), missing.Fix);
        Assert.Contains("free blocks", FailureText.Of(Assert.ThrowsAny<IOException>(() => File.WriteAllText("/dev/full", "text"))).Fix);
        Assert.Contains("namei", FailureText.Of(new UnauthorizedAccessException("no")).Fix);
        Assert.Contains("memory", FailureText.Of(new OutOfMemoryException()).Problem);
        Assert.Contains("bug", FailureText.Of(new InvalidCastException("x")).Fix);
    }

    [Theory]
    [InlineData(1, "mke2fs: No space left on device while copying", "free blocks and inodes")]
    [InlineData(1, "write: Read-only file system", "writable")]
    [InlineData(1, "Could not allocate block in ext2 filesystem", "--size")]
    [InlineData(137, "", "free memory")]
    [InlineData(153, "", "ulimit -f")]
    [InlineData(139, "", "package e2fsprogs again")]
    [InlineData(1, "something else", "correct what mke2fs reports")]
    [InlineData(1, "mke2fs: Permission denied", "root")]
    public void The_fix_for_a_failed_tool_fits_what_it_printed(int exitCode, string output, string fix)
    {
        var failure = ToolFailure.Of(Tool.MakeExt4, exitCode, output, "/out/image");
        Assert.Contains(fix, failure.Fix);
        Assert.StartsWith("mke2fs ", failure.Problem);
        if (output.Length == 0) Assert.Contains($"signal {exitCode - 128}", failure.Problem);
    }
}

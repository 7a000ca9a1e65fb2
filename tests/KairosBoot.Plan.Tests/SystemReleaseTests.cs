using System.Text;

namespace KairosBoot.Plan.Tests;

public sealed class SystemReleaseTests
{
    [Theory]
    [InlineData("ID=a\nVERSION_ID=\"12\"", "ID=a\nVERSION_ID=13", "a 12 instead of 13")]
    [InlineData("ID=a\nVERSION_ID=9", "ID=a\nVERSION_ID=10", "a 9 instead of 10")]
    [InlineData("ID=a\nVERSION_ID=10", "ID=a\nVERSION_ID=9", null)]
    [InlineData("ID=a\nVERSION_ID=1", "ID=a\nVERSION_ID=1", null)]
    [InlineData("ID=a\nVERSION_ID=1", "ID=b\nVERSION_ID=2", null)]
    [InlineData("ID=a\nVERSION_ID=2\nIMAGE_VERSION=1.9", "ID=a\nVERSION_ID=1\nIMAGE_VERSION=1.10.1", "a 1.9 instead of 1.10.1")]
    [InlineData("ID=a\nIMAGE_ID=x\nIMAGE_VERSION=1", "ID=a\nIMAGE_ID=y\nIMAGE_VERSION=2", null)]
    [InlineData("ID=a\nVERSION_ID=1.2", "ID=a\nVERSION_ID=1.2.1", "a 1.2 instead of 1.2.1")]
    [InlineData("ID=a\nVERSION_ID=007", "ID=a\nVERSION_ID=7", null)]
    [InlineData("ID=a", "ID=a\nVERSION_ID=1", null)]
    [InlineData("", "", null)]
    public void An_older_version_of_the_same_system_is_recognized(string one, string other, string? older) => Assert.Equal(
        older is null ? null : $"the new image is older than the running system: {older}",
        SystemRelease.OlderThan(SystemRelease.Parse(Encoding.UTF8.GetBytes(one)), SystemRelease.Parse(Encoding.UTF8.GetBytes(other))));
}

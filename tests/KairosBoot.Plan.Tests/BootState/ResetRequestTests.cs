namespace KairosBoot.Plan.Tests;

/// <summary>The file with a requested reset.</summary>
public sealed class ResetRequestTests
{
    [Fact]
    public void A_request_is_read_as_it_was_written()
    {
        var request = new ResetRequest { Oem = true, Persistent = true, First = Slot.Passive, Starts = 4, IsDone = true }
            .Fail("a = b\nc: " + new string('x', 5000));
        Assert.Equal(request, ResetRequest.TryParse(request.Format()));
        Assert.InRange(request.Format().Length, 1, ResetRequest.MaxBytes);
        Assert.StartsWith("a = b c: xx", request.Reason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("oem=1")]
    [InlineData("oem=1\n\n")]
    [InlineData("oem=yes\n")]
    [InlineData("first=other\n")]
    [InlineData("starts=-1\n")]
    [InlineData("starts=99999\n")]
    [InlineData("erase=everything\n")]
    public void Anything_else_is_no_request(string text) => Assert.Null(ResetRequest.TryParse(text));
}

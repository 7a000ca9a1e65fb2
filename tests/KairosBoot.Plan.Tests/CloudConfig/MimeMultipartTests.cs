using KairosBoot.CloudConfig;

namespace KairosBoot.Plan.Tests;

public sealed class MimeMultipartTests
{
    [Theory]
    [InlineData("--MIMEBOUNDARY", "--MIMEBOUNDARY")]
    [InlineData("--MIMEBOUNDARY\nContent-Type: text/cloud-config\n", "--MIMEBOUNDARY\nContent-Type: text/cloud-config\n")]
    [InlineData("--MIMEBOUNDARY\nContent-Type: text/cloud-config\n\na: b\n\n--MIMEBOUNDARY--", "a: b\n")]
    [InlineData("a: --MIMEBOUNDARY\n", "a: --MIMEBOUNDARY\n")]
    public void A_text_that_is_not_a_multipart_message_is_unchanged(string text, string expected) =>
        Assert.Equal(expected, MimeMultipart.CloudConfigOf(text));

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void The_first_cloud_config_part_is_the_content(string newLine)
    {
        var message = """
            Content-Type: multipart/mixed; boundary="MIMEBOUNDARY"

            --MIMEBOUNDARY
            Content-Type: text/plain

            no
            --MIMEBOUNDARY
            MIME-Version: 1.0
            Content-Type: text/cloud-config

            stages: {}
            --MIMEBOUNDARY
            Content-Type: text/cloud-config

            second: x
            --MIMEBOUNDARY--

            """;
        Assert.Equal("stages: {}", MimeMultipart.CloudConfigOf(message.ReplaceLineEndings(newLine)));
    }
}

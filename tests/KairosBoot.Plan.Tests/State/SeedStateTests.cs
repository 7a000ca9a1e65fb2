namespace KairosBoot.Plan.Tests;

public sealed class SeedStateTests
{
    [Theory]
    [InlineData("PERSISTENT_STATE_PATHS=/root\n", "image-1")]
    [InlineData("PERSISTENT_STATE_PATHS=/root\nPERSISTENT_STATE_BIND=false\n", null)]
    public void The_seed_step_has_the_booted_image_and_is_not_for_overlays(string paths, string? image)
    {
        var layout = LayoutReader.Read(BootRequestParser.Parse(KernelCommandLine.Parse("")), "RW_PATHS=/etc\n" + paths, null, null);
        var seed = LayoutPlan.For(layout, [], null, "image-1").OfType<SeedPersistent>().SingleOrDefault();
        Assert.Equal(image, seed?.Image);
    }
}

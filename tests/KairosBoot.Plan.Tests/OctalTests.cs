using System.Reflection;

namespace KairosBoot.Plan.Tests;

public sealed class OctalTests
{
    [Fact]
    public void Each_constant_is_the_number_in_its_name()
    {
        var constants = typeof(Octal).GetFields(BindingFlags.Public | BindingFlags.Static);
        Assert.NotEmpty(constants);
        Assert.All(constants, constant => Assert.Equal(Convert.ToInt32(constant.Name[1..], 8), constant.GetRawConstantValue()));
    }
}

using KairosBoot.CloudConfig.Booted;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary>Checks cloud-configs that go to COS_OEM of a disk.</summary>
internal static class CloudConfigFiles
{
    /// <summary>
    /// Refuses a cloud-config that cannot be parsed: the machine would boot without its users, keys and network.
    /// </summary>
    /// <param name="documents">Their paths.</param>
    /// <param name="warnings">Gets the warnings.</param>
    /// <exception cref="OperatorException">A document is missing or has errors.</exception>
    internal static void Check(string[] documents, CommandWarnings warnings)
    {
        foreach (var missing in documents.Where(path => !File.Exists(path)))
            throw new OperatorException($"the cloud-config {missing} does not exist", "give --cloud-config the path of a YAML file");
        var problems = ConfigLint.CheckFiles(documents).ToLookup(problem => problem.IsWarning, problem => problem.Text);
        foreach (var warning in problems[true])
            warnings.Add(warning);
        if (problems[false].Any())
        {
            throw new OperatorException($"the cloud-config has errors:\n  {string.Join("\n  ", problems[false])}",
                "correct the lines named above; to check again: kboot lint --cloud-config FILE");
        }
    }
}

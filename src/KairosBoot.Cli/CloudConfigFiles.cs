using KairosBoot.CloudConfig.Booted;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary>Documents that a disk is to have in COS_OEM.</summary>
internal static class CloudConfigFiles
{
    /// <summary>A machine whose cloud-config does not parse comes up without its users, keys and network: better not to build it. Warnings go to standard error.</summary>
    /// <exception cref="OperatorException">One is missing or not usable.</exception>
    internal static void Check(string[] documents)
    {
        foreach (var missing in documents.Where(path => !File.Exists(path)))
            throw new OperatorException($"the cloud-config {missing} does not exist", "give --cloud-config the path of a YAML file");
        var problems = documents.SelectMany(path => ConfigLint.Check(File.ReadAllText(path), path)).ToLookup(problem => problem.IsWarning, problem => problem.Text);
        foreach (var warning in problems[true])
            Console.Error.WriteLine($"warning: {warning}");
        if (problems[false].Any())
            throw new OperatorException($"the cloud-config has errors:\n  {string.Join("\n  ", problems[false])}", "correct the lines named above; to check again: kboot lint --cloud-config FILE");
    }
}

using System.Diagnostics;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace KairosBoot.Plan.Tests;

/// <summary>
/// ILLink.Substitutions.xml removes Regex and Uri.IsWellFormedUriString from kairos-boot: they always match there. That is safe for the uses
/// in YamlDotNet that are listed here, because its scanner has checked the same text before. Read the sources of another version before
/// you change this test.
/// </summary>
public sealed class YamlDotNetTests
{
    private const string Version = "18.1.0.0";
    private static readonly string Library = typeof(YamlDotNet.Core.Parser).Assembly.Location;

    private static readonly string[] KnownUses =
    [
        "YamlDotNet.Core.AnchorName: Regex..ctor Regex.IsMatch",
        // kairos-boot does not contain the emitter and the serializers.
        "YamlDotNet.Core.Emitter: Capture.get_Value MatchEvaluator..ctor Regex..ctor Regex.Replace",
        "YamlDotNet.Core.TagName: Uri.IsWellFormedUriString",
        "YamlDotNet.Core.Tokens.TagDirective: Regex..ctor Regex.IsMatch",
        "YamlDotNet.Serialization.Converters.UriConverter: Uri..ctor Uri.get_OriginalString",
        "YamlDotNet.Serialization.EventEmitters.TypeAssigningEventEmitter: Regex..ctor Regex.IsMatch",
        "YamlDotNet.Serialization.NodeDeserializers.ScalarNodeDeserializer: Regex..ctor Regex.IsMatch",
        "YamlDotNet.Serialization.Utilities.StringExtensions: Capture.get_Value GroupCollection.get_Item Match.get_Groups " +
            "MatchEvaluator..ctor Regex.Replace",
    ];

    [Fact]
    public void The_version_is_the_one_whose_uses_of_Regex_and_Uri_were_read() =>
        Assert.Equal(Version, FileVersionInfo.GetVersionInfo(Library).FileVersion);

    [Fact]
    public void YamlDotNet_has_no_other_use_of_Regex_or_Uri()
    {
        using var file = new PEReader(File.OpenRead(Library));
        var uses = Uses(file).GroupBy(use => use.Type, use => use.Member)
            .Select(group => $"{group.Key}: {string.Join(' ', group.Distinct().Order(StringComparer.Ordinal))}");
        var found = string.Join('\n', uses.Order(StringComparer.Ordinal));
        Assert.True(string.Join('\n', KnownUses) == found, "the uses are:\n" + found);
    }

    [Fact]
    public void CloudConfig_uses_only_the_event_parser()
    {
        using var file = new PEReader(File.OpenRead(typeof(CloudConfig.StageRunner).Assembly.Location));
        var metadata = file.GetMetadataReader();
        var types = metadata.TypeReferences.Select(metadata.GetTypeReference)
            .Select(type => $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}")
            .Where(type => type.StartsWith("YamlDotNet.", StringComparison.Ordinal)).ToList();
        Assert.Contains("YamlDotNet.Core.Parser", types);
        Assert.DoesNotContain(types, type => type.Contains("Serialization", StringComparison.Ordinal));
        Assert.DoesNotContain(types, type => type.Contains("Emitter", StringComparison.Ordinal));
    }

    private static IEnumerable<(string Type, string Member)> Uses(PEReader file)
    {
        var metadata = file.GetMetadataReader();
        var members = new Dictionary<int, string>();
        foreach (var handle in metadata.MemberReferences)
        {
            var member = metadata.GetMemberReference(handle);
            if (member.Parent.Kind != HandleKind.TypeReference) continue;
            var type = metadata.GetTypeReference((TypeReferenceHandle)member.Parent);
            var (space, name) = (metadata.GetString(type.Namespace), metadata.GetString(type.Name));
            if (space == "System.Text.RegularExpressions" || space == "System" && name is "Uri" or "UriBuilder" or "UriParser")
                members.Add(MetadataTokens.GetToken(handle), $"{name}.{metadata.GetString(member.Name)}");
        }
        foreach (var handle in metadata.MethodDefinitions)
        {
            var method = metadata.GetMethodDefinition(handle);
            if (method.RelativeVirtualAddress == 0) continue;
            var type = metadata.GetTypeDefinition(method.GetDeclaringType());
            while (type.IsNested) type = metadata.GetTypeDefinition(type.GetDeclaringType());
            foreach (var token in Calls(file.GetMethodBody(method.RelativeVirtualAddress).GetILBytes()!))
                if (members.TryGetValue(token, out var used))
                    yield return ($"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}", used);
        }
    }

    /// <summary>The operand of everything that looks like a call, callvirt, newobj, ldftn or ldvirtftn.</summary>
    private static IEnumerable<int> Calls(byte[] code)
    {
        for (var i = 0; i + 5 <= code.Length; i++)
        {
            if (code[i] is 0x28 or 0x6F or 0x73 || i > 0 && code[i - 1] == 0xFE && code[i] is 0x06 or 0x07)
                yield return BitConverter.ToInt32(code, i + 1);
        }
    }
}

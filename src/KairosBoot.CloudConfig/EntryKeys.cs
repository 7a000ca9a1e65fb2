namespace KairosBoot.CloudConfig;

/// <summary>
/// The table of all keys of an entry. They take effect in the order of the table, not in their order in the file. A row says where the key
/// works and how its value is checked. KairosBoot.CloudConfig.Booted adds schemas and actions to the booted keys.
/// </summary>
internal static class EntryKeys
{
    internal static readonly ConditionKey[] Conditions =
    [
        NodeCondition.Definition,
        IfCondition.Definition,
        OnlyConditions.Os,
        OnlyConditions.OsVersion,
        OnlyConditions.Architecture,
        OnlyConditions.ServiceManager,
        IfFilesCondition.Definition,
    ];

    internal static readonly StageKey[] Actions =
    [
        DnsKey.Definition,
        StageKey.Booted("downloads"),
        StageKey.Booted("git"),
        EnsureEntitiesKey.Definition,
        DirectoriesKey.Definition,
        FilesKey.Definition,
        CommandsKey.Definition,
        DeleteEntitiesKey.Definition,
        HostnameKey.Definition,
        SysctlKey.Definition,
        UsersKey.Definition,
        AuthorizedKeysKey.Definition,
        ModulesKey.Definition,
        TimesyncdKey.Definition,
        SystemctlKey.Definition,
        EnvironmentKey.Definition,
        SystemdFirstbootKey.Definition,
        DatasourceKey.Definition,
        LayoutKey.Definition,
        StageKey.Booted("package_pins"),
        StageKey.Booted("packages"),
        StageKey.Booted("unpack_images"),
    ];
}

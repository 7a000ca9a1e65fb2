namespace KairosBoot.CloudConfig;

/// <summary>All keys of an entry, in the order they take effect whatever their order in the file.</summary>
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
        BootedOnlyKey.Definition("downloads"),
        BootedOnlyKey.Definition("git"),
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
        BootedOnlyKey.Definition("package_pins"),
        BootedOnlyKey.Definition("packages"),
        BootedOnlyKey.Definition("unpack_images"),
    ];
}

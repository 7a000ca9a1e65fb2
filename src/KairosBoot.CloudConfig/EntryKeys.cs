namespace KairosBoot.CloudConfig;

/// <summary>All keys of an entry, in the order they take effect whatever their order in the file.</summary>
internal static class EntryKeys
{
    internal static readonly ConditionKey[] Conditions =
    [
        NodeCondition.Row,
        IfCondition.Row,
        OnlyConditions.Os,
        OnlyConditions.OsVersion,
        OnlyConditions.Architecture,
        OnlyConditions.ServiceManager,
        IfFilesCondition.Row,
    ];

    internal static readonly StageKey[] Actions =
    [
        DnsKey.Row,
        LaterKey.Row("downloads"),
        LaterKey.Row("git"),
        EnsureEntitiesKey.Row,
        DirectoriesKey.Row,
        FilesKey.Row,
        CommandsKey.Row,
        DeleteEntitiesKey.Row,
        HostnameKey.Row,
        SysctlKey.Row,
        UsersKey.Row,
        AuthorizedKeysKey.Row,
        ModulesKey.Row,
        TimesyncdKey.Row,
        SystemctlKey.Row,
        EnvironmentKey.Row,
        SystemdFirstbootKey.Row,
        DatasourceKey.Row,
        LayoutKey.Row,
        LaterKey.Row("package_pins"),
        LaterKey.Row("packages"),
        LaterKey.Row("unpack_images"),
    ];
}

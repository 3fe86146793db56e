namespace AttentionKernels.Tests.Architecture;

/// <summary>A folder of the library uses another one.</summary>
/// <param name="From">The folder that uses.</param>
/// <param name="To">The folder that is used.</param>
/// <param name="Uses">Which file uses which type, each once: <c>Devices/AttentionDevice.cs uses TileScheduler</c>.</param>
internal sealed record FolderImport(string From, string To, IReadOnlyList<string> Uses)
{
    /// <summary>The import as it stands in lists: <c>Devices -&gt; Launching</c>.</summary>
    public string Name => Join(From, To);

    /// <summary>Folders of which each imports the next.</summary>
    public static string Join(params IEnumerable<string> folders) => string.Join(" -> ", folders);
}

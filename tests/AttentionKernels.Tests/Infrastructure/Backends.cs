namespace AttentionKernels.Tests.Infrastructure;

/// <summary>Which backends this machine has, and which must be there.</summary>
internal static class Backends
{
    /// <summary>Names backends, separated by commas, whose absence fails the tests, as in <c>cpu,opencl</c>.</summary>
    public const string RequireVariable = "ATTENTIONKERNELS_REQUIRE";

    private const string Emulated = "Emulated CUDA device";

    private static readonly Lazy<IReadOnlyList<DeviceDescription>> _catalog = new(DeviceCatalog.List);
    private static readonly HashSet<Backend>? _required = ParseRequired(Environment.GetEnvironmentVariable(RequireVariable));

    /// <summary>The family of <paramref name="backend"/>, which selects it in <see cref="AttentionDevice.Open(string)"/>.</summary>
    public static string Family(Backend backend) => backend switch
    {
        Backend.Cpu => "cpu",
        Backend.OpenCl => "opencl",
        Backend.Cuda => "cuda",
        _ => throw new ArgumentOutOfRangeException(nameof(backend), backend, "There is no such backend."),
    };

    /// <summary>The backend's first usable device, or <see langword="null"/>.</summary>
    public static DeviceDescription? Find(Backend backend) =>
        _catalog.Value.FirstOrDefault(device => device.IsUsable && device.Family == Family(backend));

    /// <summary>Whether the CUDA device is the driver that executes PTX on the processor, and checks what kernels do.</summary>
    public static bool CudaIsEmulated => Find(Backend.Cuda)?.Name == Emulated;

    /// <summary>Whether the backend has to be there.</summary>
    public static bool IsRequired(Backend backend) => _required?.Contains(backend) ?? false;

    /// <summary>Whether tests run on the backend: because it is there, or because it has to be, and they fail.</summary>
    public static bool IsWanted(Backend backend) => Find(backend) is not null || IsRequired(backend);

    /// <summary>Whether the environment says what has to be there; then the absence of anything else is no news.</summary>
    public static bool AnyIsRequired => _required is not null;

    /// <summary>Why the backend is absent.</summary>
    public static string Absence(Backend backend) =>
        string.Join("; ", _catalog.Value.Where(device => device.Family == Family(backend)).Select(device => device.ToString()));

    private static HashSet<Backend>? ParseRequired(string? names) => string.IsNullOrWhiteSpace(names)
        ? null
        : [.. names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(ParseFamily)];

    private static Backend ParseFamily(string name) =>
        Enum.GetValues<Backend>().Where(backend => Family(backend).Equals(name, StringComparison.OrdinalIgnoreCase)).Select(backend => (Backend?)backend).FirstOrDefault()
        ?? throw new InvalidOperationException($"{RequireVariable} names '{name}'; it may name cpu, opencl and cuda.");
}

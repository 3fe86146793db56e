using System.Collections.Concurrent;
using System.Reflection;
using AttentionKernels.Launching;

namespace AttentionKernels.Tests.Cuda;

/// <summary>A kernel as CUDA devices run it, compiled to PTX once and assembled once for each architecture, when somebody asks.</summary>
internal sealed class CudaKernel
{
    /// <summary>The architectures that kernels are assembled for.</summary>
    public static readonly IReadOnlyList<int> AllArchitectures = [75, 80, 90];

    private const int OldestOfTensorCores = 80;

    private static readonly ConcurrentDictionary<Type, CudaKernel> _kernels = new();

    private readonly Lazy<string> _ptx;
    private readonly ConcurrentDictionary<int, Lazy<AssembledKernel>> _assembled = new();

    private CudaKernel(Type type)
    {
        Type = type;
        Type contract = type.GetInterfaces().Single(candidate => candidate.IsGenericType
            && (candidate.GetGenericTypeDefinition() == typeof(IGroupKernel<>) || candidate.GetGenericTypeDefinition() == typeof(ITileKernel<>)));
        bool isGroup = contract.GetGenericTypeDefinition() == typeof(IGroupKernel<>);
        Type launcher = (isGroup ? typeof(GroupKernel<,>) : typeof(TileKernel<,>)).MakeGenericType(type, contract.GenericTypeArguments[0]);
        Entry = launcher.GetMethod("Entry", BindingFlags.Static | BindingFlags.NonPublic)!;
        Threads = isGroup
            ? Value(nameof(IGroupKernel<>.GroupSize), 0)
            : (int)launcher.GetField("GpuGroupSize", BindingFlags.Static | BindingFlags.NonPublic)!.GetRawConstantValue()!;
        DynamicSharedBytes = Value(nameof(IGroupKernel<>.DynamicSharedBytes), 0);
        UsesTensorCores = Value(nameof(IGroupKernel<>.UsesTensorCores), false);
        _ptx = new(() => OfflineCompiler.Compile(Entry));
    }

    /// <summary>The kernel, closed.</summary>
    public Type Type { get; }

    /// <summary>What a launch runs.</summary>
    public MethodInfo Entry { get; }

    /// <summary>Threads of a work group.</summary>
    public int Threads { get; }

    /// <summary>Shared memory that a launch asks for, in bytes.</summary>
    public int DynamicSharedBytes { get; }

    /// <summary>The warps of it that a multiprocessor holds at a time.</summary>
    public int ResidentWarps(int architecture)
    {
        AssembledKernel assembled = Assembled(architecture);
        return Multiprocessor.Of(architecture).ResidentWarps(Threads, assembled.Registers, assembled.StaticSharedBytes + DynamicSharedBytes);
    }

    /// <summary>Whether it is for sm_80 and newer.</summary>
    public bool UsesTensorCores { get; }

    /// <summary>What it is assembled for.</summary>
    public IEnumerable<int> Architectures => AllArchitectures.Where(architecture => architecture >= OldestOfTensorCores || !UsesTensorCores);

    /// <summary>Its PTX; what it says of the architecture is in the header.</summary>
    public string Ptx => _ptx.Value;

    /// <summary>Whether somebody has asked for its PTX and got it.</summary>
    public bool IsCompiled => _ptx.IsValueCreated;

    /// <summary>The kernel of a type.</summary>
    public static CudaKernel Of(Type type) => _kernels.GetOrAdd(type, static type => new CudaKernel(type));

    /// <summary>What ptxas made of it.</summary>
    /// <param name="architecture">The architecture.</param>
    public AssembledKernel Assembled(int architecture) => _assembled.GetOrAdd(
        architecture, architecture => new(() => CudaAssembler.Assemble(OfflineCompiler.For(Ptx, architecture), architecture))).Value;

    /// <summary>Assembles it for all its architectures, side by side.</summary>
    public void Assemble()
    {
        _ = Ptx;
        Parallel.ForEach(Architectures, architecture => Assembled(architecture));
    }

    // A member that a kernel need not have.
    private T Value<T>(string name, T otherwise) => Type.GetProperty(name, BindingFlags.Static | BindingFlags.Public)?.GetValue(null) is T value ? value : otherwise;
}

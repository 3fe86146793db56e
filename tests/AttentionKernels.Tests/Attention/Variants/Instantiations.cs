using AttentionKernels.Tests.Infrastructure;
using static AttentionKernels.Tests.Attention.Variants.CombinationMasks;
using static AttentionKernels.Tests.Attention.Variants.CombinationModifiers;

namespace AttentionKernels.Tests.Attention.Variants;

/// <summary>The instantiations that together have every mask, modifier, layout and format, and how many problems run on each.</summary>
internal static class Instantiations
{
    // Of so many problems one is of normally distributed data.
    private const int NormalEvery = 8;

    private static readonly AttentionAlgorithm[] _compiled = [AttentionAlgorithm.Tiled, AttentionAlgorithm.SplitKv];
    private static readonly AttentionAlgorithm[] _managed = [.. _compiled, AttentionAlgorithm.Naive];

    /// <summary>All of them, in an order that seeds depend on.</summary>
    public static IReadOnlyList<Instantiation> All { get; } =
    [
        Contiguous("causal fp32", StoredType.Float32, Causal, None),
        Contiguous("window fp16", StoredType.Float16, Window, None, isForTensorCores: true),
        Contiguous("chunks, ALiBi, bf16", StoredType.BFloat16, Chunked, Alibi),
        Contiguous("prefix, temperature, fp32", StoredType.Float32, Prefix, Temperature),
        Contiguous("causal and documents, sinks, fp16", StoredType.Float16, And(Causal, Document), Sinks),
        Contiguous("blocks, ALiBi then temperature, fp32", StoredType.Float32, Blocks, HotAlibi, isForCuda: true),
        Contiguous("bits bf16", StoredType.BFloat16, BitTable, None),
        Contiguous("bits, dense bias then sinks, fp32", StoredType.Float32, BitTable, Then(Dense, Sinks)),
        Contiguous("window or chunks, relative bias, fp16", StoredType.Float16, Or(Window, Chunked), Relative, isForCuda: true),
        Contiguous("tree, soft cap then ALiBi, fp32", StoredType.Float32, Tree, Then(Cap, Alibi), canBeExact: false),
        Contiguous("causal, soft cap, bf16", StoredType.BFloat16, Causal, Cap, canBeExact: false),
        Paged(
            "window, relative bias then temperature, fp16 pages", NumberFormat.Float16, NumberFormat.Float16, Window,
            Then(Relative, Temperature)),
        Paged("documents, dense bias, fp32 pages", NumberFormat.Float32, NumberFormat.Float32, Document, Dense, isForCuda: true),
        Paged("blocks, int8 keys, fp8 values", NumberFormat.Int8, NumberFormat.Float8E4M3, Blocks, None),
        Paged("window and blocks, sinks, int4 pages", NumberFormat.Int4, NumberFormat.Int4, And(Window, Blocks), Sinks),
        Paged("full, ALiBi, bf16 keys, fp8 values", NumberFormat.BFloat16, NumberFormat.Float8E5M2, Full, Alibi),
        Cascade("tree, fp32 cascade", NumberFormat.Float32, Tree, isForCuda: true),
        Cascade("prefix and window or documents, fp8 cascade", NumberFormat.Float8E4M3, Or(And(Prefix, Window), Document)),
        Ragged("window, sinks, fp16 ragged", StoredType.Float16, Window, Sinks, isForTensorCores: true),
        Ragged("tree or prefix, dense bias, fp32 ragged", StoredType.Float32, Or(Tree, Prefix), Dense),
    ];

    /// <summary>Those that a backend runs.</summary>
    public static IEnumerable<Instantiation> Of(Backend backend) =>
        All.Where(instantiation => backend != Backend.Cuda || instantiation.IsForCuda || instantiation.IsForTensorCores);

    /// <summary>The problems that a backend runs on an instantiation.</summary>
    public static IEnumerable<Combination> Problems(Backend backend, Instantiation instantiation)
    {
        int number = All.ToList().IndexOf(instantiation);
        CombinationLimits limits = Limits(backend, instantiation, number);
        return Enumerable.Range(0, Count(backend)).Select(index => Combination.Draw(
            (10_000 * ((All.Count * (int)backend) + number)) + index, instantiation.CanBeExact && index % NormalEvery < NormalEvery - 1,
            limits));
    }

    // The managed CPU is cheapest; OpenCL and CUDA compile, and CUDA may be emulated.
    private static int Count(Backend backend) => backend switch { Backend.Cpu => 72, Backend.OpenCl => 30, _ => 12 };

    private static CombinationLimits Limits(Backend backend, Instantiation instantiation, int number)
    {
        // OpenCL compiles a work-group kernel for each number of rows, blocks and alignment: few instantiations have them there.
        bool hasWorkGroups = number % 4 == 1 && instantiation.Layout == CombinationLayout.Contiguous;
        AttentionAlgorithm[] algorithms = instantiation.Layout == CombinationLayout.Cascade ? [AttentionAlgorithm.SplitKv]
            : backend switch
            {
                Backend.Cpu => _managed,
                Backend.OpenCl => hasWorkGroups ? [AttentionAlgorithm.Tiled] : _compiled,
                _ => [_compiled[number % _compiled.Length]],
            };
        KernelSchedule schedule = backend switch
        {
            Backend.Cpu => KernelSchedule.Vector,
            Backend.OpenCl => hasWorkGroups ? KernelSchedule.Simt : KernelSchedule.Vector,
            _ => instantiation.IsForTensorCores ? KernelSchedule.TensorCore : KernelSchedule.Simt,
        };
        return backend == Backend.Cuda
            ? new CombinationLimits(instantiation.Layout, instantiation.LargestKey, algorithms, schedule) { MostScores = 5_000 }
            : new CombinationLimits(instantiation.Layout, instantiation.LargestKey, algorithms, schedule);
    }

    private static ContiguousInstantiation<T, TMask, TModifier> Contiguous<T, TMask, TModifier>(
        string name, StoredType<T> stored, Func<VariantDraw, DrawnMask<TMask>> mask, Func<VariantDraw, DrawnModifier<TModifier>> modifier,
        bool canBeExact = true, bool isForCuda = false, bool isForTensorCores = false)
        where T : unmanaged
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier> => new(stored, mask, modifier)
        {
            Name = name,
            CanBeExact = canBeExact,
            IsForCuda = isForCuda,
            IsForTensorCores = isForTensorCores,
        };

    private static RaggedInstantiation<T, TMask, TModifier> Ragged<T, TMask, TModifier>(
        string name, StoredType<T> stored, Func<VariantDraw, DrawnMask<TMask>> mask, Func<VariantDraw, DrawnModifier<TModifier>> modifier,
        bool isForTensorCores = false)
        where T : unmanaged
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier> =>
        new(stored, mask, modifier) { Name = name, IsForTensorCores = isForTensorCores };

    private static PagedInstantiation<TMask, TModifier> Paged<TMask, TModifier>(
        string name, NumberFormat keys, NumberFormat values, Func<VariantDraw, DrawnMask<TMask>> mask,
        Func<VariantDraw, DrawnModifier<TModifier>> modifier, bool isForCuda = false)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier> => new(keys, values, mask, modifier) { Name = name, IsForCuda = isForCuda };

    private static PagedInstantiation<TMask, NoModifier> Cascade<TMask>(
        string name, NumberFormat format, Func<VariantDraw, DrawnMask<TMask>> mask, bool isForCuda = false)
        where TMask : struct, IMask<TMask> => new(format, format, mask, None) { Name = name, IsForCuda = isForCuda, IsCascade = true };
}

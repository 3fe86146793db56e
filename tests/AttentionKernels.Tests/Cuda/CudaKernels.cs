using System.Reflection;
using AttentionKernels.Attention.Kernels;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Normalization.Kernels;
using AttentionKernels.Positions.Kernels;

namespace AttentionKernels.Tests.Cuda;

/// <summary>
/// Every kernel of the library that CUDA devices run, found by reflection, in every instantiation whose code differs: all work-group
/// kernels, and the tile kernels that are not of the Vector schedule.
/// </summary>
internal static class CudaKernels
{
    private static readonly Dictionary<string, Type[]> _choices = new()
    {
        ["TElement"] = [typeof(StoredFp32), typeof(StoredFp16), typeof(StoredBf16)],
        ["TSequences"] =
        [
            typeof(StoredSequences<ContiguousLayout, StoredFp32, StoredFp32>),
            typeof(StoredSequences<ContiguousLayout, StoredFp16, StoredFp16>),
            typeof(StoredSequences<ContiguousLayout, StoredBf16, StoredBf16>),
            typeof(StoredSequences<PagedLayout, StoredFp32, StoredFp32>),
            typeof(StoredSequences<PagedLayout, StoredFp16, StoredBf16>),
            typeof(StoredSequences<PagedLayout, StoredInt8, StoredInt4>),
            typeof(StoredSequences<PagedLayout, StoredFp8E4M3, StoredFp8E5M2>),
            typeof(StoredSequences<CascadeLayout, StoredFp32, StoredFp32>),
        ],
        ["TMask"] = [typeof(CausalMask)],
        ["TModifier"] = [typeof(NoModifier)],
        ["TCenter"] = [typeof(AboutZero), typeof(AboutMean)],
        ["TAffine"] = [typeof(NoAffine), typeof(WeightOnly), typeof(WeightAndBias)],
        ["TKey"] = [typeof(StoredFp32), typeof(StoredInt8), typeof(StoredFp8E4M3)],
        ["TValue"] = [typeof(StoredFp32), typeof(StoredInt4), typeof(StoredFp8E5M2)],
        ["TPairs"] = [typeof(HalfSplitPairs), typeof(InterleavedPairs)],
        ["TPositions"] = [typeof(ConsecutivePositions), typeof(GivenPositions)],
        ["TBlocks"] = [typeof(OneColumnBlock), typeof(TwoColumnBlocks), typeof(FourColumnBlocks), typeof(EightColumnBlocks)],
    };

    /// <summary>A name and the entry method of each kernel.</summary>
    public static IEnumerable<(string Name, MethodInfo Entry)> All()
    {
        foreach (Type definition in typeof(AttentionDevice).Assembly.GetTypes().Where(type => type.IsValueType))
        {
            bool isGroup = Implements(definition, typeof(IGroupKernel<>));
            bool isTile = Implements(definition, typeof(ITileKernel<>)) && !definition.Name.Split('`')[0].EndsWith("Vector", StringComparison.Ordinal);
            if (!isGroup && !isTile)
                continue;
            foreach (Type kernel in Close(definition))
            {
                Type contract = isGroup ? typeof(IGroupKernel<>) : typeof(ITileKernel<>);
                Type arguments = kernel.GetInterfaces().Single(type => type.IsGenericType && type.GetGenericTypeDefinition() == contract).GenericTypeArguments[0];
                Type launcher = (isGroup ? typeof(GroupKernel<,>) : typeof(TileKernel<,>)).MakeGenericType(kernel, arguments);
                yield return (Name(kernel), launcher.GetMethod("Entry", BindingFlags.Static | BindingFlags.NonPublic)!);
            }
        }
    }

    private static bool Implements(Type type, Type contract) =>
        type.GetInterfaces().Any(candidate => candidate.IsGenericType && candidate.GetGenericTypeDefinition() == contract);

    private static IEnumerable<Type> Close(Type definition)
    {
        if (!definition.IsGenericTypeDefinition)
            return [definition];
        IEnumerable<Type[]> combinations = [[]];
        foreach (Type parameter in definition.GetGenericArguments())
        {
            if (!_choices.TryGetValue(parameter.Name, out Type[]? choices))
                throw new InvalidOperationException($"{definition.Name} has a type parameter {parameter.Name} that the assembler gate has no choices for.");
            combinations = combinations.SelectMany(head => choices.Select(choice => (Type[])[.. head, choice]));
        }

        // Blocks beyond the largest head dimension never run: SplitKvDecode has at most four.
        return combinations.Where(types => !(definition == typeof(SplitKvDecodeSimt<,,,,>) && types[^1] == typeof(EightColumnBlocks)) && AreStoredTogether(types))
            .Select(types => definition.MakeGenericType(types));
    }

    // Contiguous keys and values are stored as query and output are; over pages of any kind, one type of query and output stands for all.
    private static bool AreStoredTogether(Type[] types)
    {
        Type? sequences = types.SingleOrDefault(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(StoredSequences<,,>));
        return sequences is null || types[0] == (sequences.GenericTypeArguments[0] == typeof(ContiguousLayout) ? sequences.GenericTypeArguments[1] : typeof(StoredFp32));
    }

    private static string Name(Type kernel) => kernel.GenericTypeArguments.Length > 0
        ? $"{kernel.Name.Split('`')[0]}<{string.Join(", ", kernel.GenericTypeArguments.Select(Name))}>"
        : kernel.Name;
}

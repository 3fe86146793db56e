using AttentionKernels.Attention.Kernels;
using AttentionKernels.Elementwise.Activations;
using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Normalization.Kernels;
using AttentionKernels.Positions.Kernels;

namespace AttentionKernels.Tests.Cuda;

/// <summary>
/// Every kernel of the library that CUDA devices run, found by reflection: all work-group kernels, and the tile kernels that are not of the
/// Vector schedule, in every instantiation, or where these are many in the <see cref="Pairwise"/> ones.
/// </summary>
internal static class CudaKernels
{
    private const int Many = 32;

    private static readonly Type[] _formats = [.. NumberFormat.All.Select(format => format.Type)];

    private static readonly Dictionary<string, Type[]> _choices = new()
    {
        ["TActivation"] = [typeof(StoredFp32), typeof(StoredFp16), typeof(StoredBf16)],
        ["TWeight"] = [typeof(StoredFp32), typeof(StoredFp16), typeof(StoredBf16)],
        ["TElement"] = [typeof(StoredFp32), typeof(StoredFp16), typeof(StoredBf16)],
        ["TAccess"] = [typeof(RegularRows), typeof(AnyRows)],
        ["TCenter"] = [typeof(AboutZero), typeof(AboutMean)],
        ["TSource"] = [typeof(PlainRows), typeof(SummedRows)],
        ["TAffine"] = [typeof(NoAffine), typeof(WeightOnly), typeof(WeightFromOne), typeof(WeightAndBias)],
        ["TKey"] = _formats,
        ["TValue"] = _formats,
        ["TStored"] = [typeof(StoredFp8E4M3), typeof(StoredFp8E5M2), typeof(StoredInt8)],
        ["TNumber"] = [typeof(StoredInt8), typeof(StoredFp8E4M3), typeof(StoredFp8E5M2)],
        ["TPairs"] = [typeof(HalfSplitPairs), typeof(InterleavedPairs)],
    };

    private static readonly Type[] _ofChannels = [typeof(NoAffine), typeof(SharedWeight), typeof(SharedWeightAndBias)];

    // By how a kernel's name begins.
    private static readonly Dictionary<string, Dictionary<string, Type[]>> _choicesOfFamilies = new()
    {
        ["BatchNormBackward"] = new() { ["TCenter"] = [typeof(AboutExactMean), typeof(AboutRunningMean)], ["TAffine"] = [typeof(NoAffine), typeof(SharedWeight)] },
        ["BatchNorm"] = new() { ["TCenter"] = [typeof(AboutExactMean)], ["TAffine"] = _ofChannels },
        ["Elementwise"] = new()
        {
            ["TFormula"] =
            [
                typeof(SumFormula), typeof(ActivationFormulas<Gelu>.Alone), typeof(ActivationFormulas<Identity>.Alone), typeof(ActivationFormulas<Gelu>.OfSum),
                typeof(ActivationFormulas<Silu>.Gate), typeof(ActivationFormulas<GeluTanh>.Gate), typeof(ActivationFormulas<Tanh>.Alone),
            ],
        },
        ["FeatureGradient"] = new() { ["TAffine"] = [typeof(WeightOnly), typeof(WeightFromOne), typeof(WeightAndBias)] },
        ["GroupNormBackward"] = new() { ["TCenter"] = [typeof(AboutMean)], ["TAffine"] = [typeof(NoAffine), typeof(SharedWeight)] },
        ["EmbeddingGradient"] = new() { ["TFormula"] = [typeof(SumFormula)] },
        ["GroupNorm"] = new() { ["TCenter"] = [typeof(AboutMean)], ["TAffine"] = _ofChannels },
        ["Softmax"] = new() { ["TCenter"] = [typeof(AboutZero)], ["TAffine"] = [typeof(NoAffine)] },
    };

    private static readonly Lazy<IReadOnlyDictionary<string, CudaKernel>> _all =
        new(() => Types().ToDictionary(Name, CudaKernel.Of));

    /// <summary>Each kernel by its name.</summary>
    public static IReadOnlyDictionary<string, CudaKernel> All => _all.Value;

    /// <summary>The kernel whose instantiation a type is.</summary>
    public static string Family(Type kernel) => kernel.Name.Split('`')[0];

    /// <summary>Whether a type implements a generic interface.</summary>
    public static bool Implements(Type type, Type contract) =>
        type.GetInterfaces().Any(candidate => candidate.IsGenericType && candidate.GetGenericTypeDefinition() == contract);

    private static IEnumerable<Type> Types()
    {
        Type[] definitions =
        [
            .. typeof(AttentionDevice).Assembly.GetTypes().Where(type => type.IsValueType && (Implements(type, typeof(IGroupKernel<>))
                || (Implements(type, typeof(ITileKernel<>)) && !Family(type).EndsWith("Vector", StringComparison.Ordinal)))),
        ];
        Type[] attention = [.. definitions.Where(IsOfAttention)];
        return
        [
            .. AttentionInstantiations.Of(attention.Where(type =>
                !Family(type).StartsWith("TensorCore", StringComparison.Ordinal) && Family(type) != Family(AttentionInstantiations.Reference))),
            AttentionInstantiations.Reference,
            .. AttentionInstantiations.OfTensorCores(),
            .. AttentionInstantiations.OfDecodingTensorCores(),
            .. definitions.Except(attention).SelectMany(Close).Where(HasFormatsOfALayer),
        ];
    }

    private static IEnumerable<Type> Close(Type definition)
    {
        if (!definition.IsGenericTypeDefinition)
            return [definition];
        Dictionary<string, Type[]>? own = _choicesOfFamilies.FirstOrDefault(family => Family(definition).StartsWith(family.Key, StringComparison.Ordinal)).Value;
        Type[][] choices =
        [
            .. definition.GetGenericArguments().Select(parameter =>
                (own?.TryGetValue(parameter.Name, out Type[]? choices) ?? false) || _choices.TryGetValue(parameter.Name, out choices)
                ? choices
                : throw new InvalidOperationException($"{definition.Name} has a type parameter {parameter.Name} that the assembler gate has no choices for.")),
        ];
        int[] counts = [.. choices.Select(choice => choice.Length)];
        int[][] all = [.. Pairwise.All(counts)];
        IEnumerable<int[]> taken = all.Length <= Many ? all : Pairwise.Rows(counts, _ => true);
        return taken.Select(row => definition.MakeGenericType([.. row.Select((value, factor) => choices[factor][value])]));
    }

    // A linear layer has activations in fp32, or in the format of its weight.
    private static bool HasFormatsOfALayer(Type type) => !Family(type).StartsWith("Linear", StringComparison.Ordinal)
        || type.GenericTypeArguments[0] == typeof(StoredFp32) || type.GenericTypeArguments[0] == type.GenericTypeArguments[1];

    // The module's own types, and those of a kernel's part of it.
    private static bool IsOfAttention(Type type) => type.DeclaringType is { } outer
        && (outer == typeof(AttentionModule<,,,,,,,>) || outer.DeclaringType == typeof(AttentionModule<,,,,,,,>));

    // Of a type of the attention module what tells its instantiations apart; vectors are of the Vector schedule.
    private static string Name(Type type)
    {
        IEnumerable<Type> arguments = type.GenericTypeArguments;
        if (IsOfAttention(type))
            arguments = [.. Implements(type, typeof(IGroupKernel<>)) || Implements(type, typeof(ITileKernel<>)) ? arguments.Take(7) : [], .. arguments.Skip(8)];
        string name = type.Name.Split('`')[0];
        return arguments.Any() ? $"{name}<{string.Join(", ", arguments.Select(Name))}>" : name;
    }
}

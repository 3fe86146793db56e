using System.Reflection;
using AttentionKernels.Attention;
using AttentionKernels.Attention.Kernels;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Work;
using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Normalization.Kernels;
using AttentionKernels.Positions.Kernels;
using AttentionKernels.Simd;

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
        ["TCenter"] = [typeof(AboutZero), typeof(AboutMean)],
        ["TAffine"] = [typeof(NoAffine), typeof(WeightOnly), typeof(WeightAndBias)],
        ["TKey"] = [typeof(StoredFp32), typeof(StoredInt8), typeof(StoredFp8E4M3)],
        ["TValue"] = [typeof(StoredFp32), typeof(StoredInt4), typeof(StoredFp8E5M2)],
        ["TPairs"] = [typeof(HalfSplitPairs), typeof(InterleavedPairs)],
        ["TPositions"] = [typeof(ConsecutivePositions), typeof(GivenPositions)],
    };

    // Contiguous keys and values are stored as query and output are; over pages of any kind, one format of query and output stands for all.
    private static readonly Type[][] _modules =
    [
        .. ((Type[])[typeof(StoredFp32), typeof(StoredFp16), typeof(StoredBf16)]).Select(
            format => Module(format, typeof(ContiguousLayout), typeof(UniformWork), format, format)),
        Module(typeof(StoredFp32), typeof(PagedLayout), typeof(RaggedWork), typeof(StoredFp32), typeof(StoredFp32)),
        Module(typeof(StoredFp32), typeof(PagedLayout), typeof(RaggedWork), typeof(StoredFp16), typeof(StoredBf16)),
        Module(typeof(StoredFp32), typeof(PagedLayout), typeof(RaggedWork), typeof(StoredInt8), typeof(StoredInt4)),
        Module(typeof(StoredFp32), typeof(PagedLayout), typeof(RaggedWork), typeof(StoredFp8E4M3), typeof(StoredFp8E5M2)),
        Module(typeof(StoredFp32), typeof(PagedLayout), typeof(CascadeWork), typeof(StoredFp32), typeof(StoredFp32)),
        Module(typeof(StoredFp32), typeof(ContiguousLayout), typeof(UniformWork), typeof(StoredFp32), typeof(StoredFp32), typeof(SoftCap)),
        Module(typeof(StoredFp32), typeof(ContiguousLayout), typeof(UniformWork), typeof(StoredFp32), typeof(StoredFp32), typeof(AlibiBias)),
    ];

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

    /// <summary>Attention by tensor cores.</summary>
    /// <param name="element">The format.</param>
    /// <param name="headDimension">The head dimension.</param>
    /// <param name="isPaged">Whether keys and values are in pages.</param>
    /// <param name="sums">How weights are summed up.</param>
    public static MethodInfo TensorCoreAttention(Type element, int headDimension, bool isPaged, Type sums)
    {
        Type[] module = isPaged
            ? Module(element, typeof(PagedLayout), typeof(RaggedWork), element, element)
            : Module(element, typeof(ContiguousLayout), typeof(UniformWork), element, element);
        Type kernel = typeof(AttentionModule<,,,,,,,>.TensorCoreAttention<,,,,>).MakeGenericType(
            [.. module, .. TensorCoreTiles.Of(element, headDimension, headDimension), sums.MakeGenericType(element), typeof(RegularRows)]);
        Type arguments = typeof(AttentionModule<,,,,,,,>.Arguments).MakeGenericType(module);
        return typeof(GroupKernel<,>).MakeGenericType(kernel, arguments).GetMethod("Entry", BindingFlags.Static | BindingFlags.NonPublic)!;
    }

    private static bool Implements(Type type, Type contract) =>
        type.GetInterfaces().Any(candidate => candidate.IsGenericType && candidate.GetGenericTypeDefinition() == contract);

    private static IEnumerable<Type> Close(Type definition)
    {
        if (definition.DeclaringType == typeof(AttentionModule<,,,,,,,>))
            return _modules.SelectMany(module => CloseNested(definition, module));
        if (!definition.IsGenericTypeDefinition)
            return [definition];
        IEnumerable<Type[]> combinations = [[]];
        foreach (Type parameter in definition.GetGenericArguments())
        {
            if (!_choices.TryGetValue(parameter.Name, out Type[]? choices))
                throw new InvalidOperationException($"{definition.Name} has a type parameter {parameter.Name} that the assembler gate has no choices for.");
            combinations = combinations.SelectMany(head => choices.Select(choice => (Type[])[.. head, choice]));
        }

        return combinations.Select(types => definition.MakeGenericType(types));
    }

    private static IEnumerable<Type> CloseNested(Type definition, Type[] module)
    {
        if (definition.GetGenericArguments().Length == module.Length)
            return [definition.MakeGenericType(module)];

        // Theirs is a gate of their own (TensorCoreTests): registers that hold tiles spill outside of the loop.
        if (definition == typeof(AttentionModule<,,,,,,,>.TensorCoreAttention<,,,,>))
            return [];

        // A thread's registers hold eight blocks of columns of a tile, and four of a decoding one.
        bool isTiled = definition == typeof(AttentionModule<,,,,,,,>.TiledAttentionSimt<>);
        (Type block, Type pair) = isTiled
            ? (typeof(AttentionModule<,,,,,,,>.OutputBlock), typeof(AttentionModule<,,,,,,,>.OutputPair<>))
            : (typeof(AttentionModule<,,,,,,,>.DecodeBlock), typeof(AttentionModule<,,,,,,,>.DecodePair<>));
        var tiles = new List<Type> { block.MakeGenericType(module) };
        while (tiles.Count < (isTiled ? 4 : 3))
            tiles.Add(pair.MakeGenericType([.. module, tiles[^1]]));
        return tiles.Select(tile => definition.MakeGenericType([.. module, tile]));
    }

    private static Type[] Module(Type element, Type layout, Type work, Type key, Type value, Type? modifier = null) =>
        [element, layout, work, key, value, typeof(CausalMask), modifier ?? typeof(NoModifier), typeof(Fp32x4)];

    // Of a type of the module what tells its instantiations apart.
    private static string Name(Type type)
    {
        IEnumerable<Type> arguments = type.GenericTypeArguments;
        if (type.DeclaringType == typeof(AttentionModule<,,,,,,,>))
        {
            bool isKernel = Implements(type, typeof(IGroupKernel<>)) || Implements(type, typeof(ITileKernel<>));
            Type modifier = type.GenericTypeArguments[6];
            arguments = [.. isKernel ? arguments.Take(5) : [], .. isKernel && modifier != typeof(NoModifier) ? (Type[])[modifier] : [], .. arguments.Skip(8)];
        }

        return arguments.Any() ? $"{type.Name.Split('`')[0]}<{string.Join(", ", arguments.Select(Name))}>" : type.Name;
    }
}

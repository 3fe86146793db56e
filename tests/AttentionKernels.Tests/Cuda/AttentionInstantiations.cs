using AttentionKernels.Attention;
using AttentionKernels.Attention.Kernels;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Work;
using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using AttentionKernels.MicroKernels.Warp;
using AttentionKernels.Simd;

namespace AttentionKernels.Tests.Cuda;

/// <summary>
/// The instantiations of attention kernels that the assembler gate takes. Plans can launch some 20,000 without tensor cores and as many for
/// each width with them: of kernel, query's format, kind of work, keys' and values' formats every possible pair is taken
/// (<see cref="Pairwise"/>), masks and modifiers take turns, and of tensor cores' tiles each width of keys and of values is taken once, since a
/// pair takes ILGPU seconds.
/// </summary>
internal static class AttentionInstantiations
{
    private const int WidthStep = 16;
    private const int Widths = 16;

    private static readonly Type[] _formats = [.. NumberFormat.All.Select(format => format.Type)];
    private static readonly Type[] _elements = [.. _formats.Where(format => CudaKernels.Implements(format, typeof(IElement<>)))];

    private static readonly (Type Mask, Type Modifier)[] _variants =
    [
        .. Variants(typeof(IMask<>)).Select(mask => (mask, typeof(NoModifier))),
        .. Variants(typeof(IScoreModifier<>)).Select(modifier => (typeof(CausalMask), modifier)),
        (typeof(AndMask<CausalMask, DocumentMask>), typeof(ModifierChain<SoftCap, AttentionSinks>)),
        (typeof(OrMask<SlidingWindowMask, ChunkedMask>), typeof(NoModifier)),
    ];

    private static readonly (Type Layout, Type Work)[] _places =
    [
        (typeof(ContiguousLayout), typeof(UniformWork)), (typeof(PagedLayout), typeof(RaggedWork)), (typeof(PagedLayout), typeof(CascadeWork)),
        (typeof(RaggedLayout), typeof(RaggedWork)),
    ];

    // Those that few queries are decoded in by tensor cores.
    private static readonly int[] _decodingPlaces = [0, 1, 3];

    /// <summary>Kernels without tensor cores.</summary>
    /// <param name="definitions">The kernels of <see cref="AttentionModule{TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector}"/>.</param>
    public static IEnumerable<Type> Of(IEnumerable<Type> definitions)
    {
        Func<Type[], Type>[] kernels = [.. definitions.SelectMany(Kernels)];
        Type naive = typeof(AttentionModule<,,,,,,,>.NaiveAttention);
        int[] counts = [kernels.Length, _elements.Length, _places.Length, _formats.Length, _formats.Length];
        bool[] isNaive = [.. kernels.Select(kernel => kernel(Module(Default, 0, Default, Default)).GetGenericTypeDefinition() == naive)];
        return Pairwise.Rows(counts, IsPossible).Select((row, turn) => kernels[row[0]](
            Module(_elements[row[1]], row[2], _formats[row[3]], _formats[row[4]], Turn(turn))));

        // A cascade is of partial states.
        bool IsPossible(int[] row) => AreTogether(row[2], _elements[row[1]], _formats[row[3]], _formats[row[4]])
            && !(isNaive[row[0]] && _places[row[2]].Work == typeof(CascadeWork));
    }

    /// <summary>Kernels by tensor cores.</summary>
    public static IEnumerable<Type> OfTensorCores()
    {
        (Type Sums, Type Access)[] policies =
        [
            (typeof(TensorCore<>.SumsByProduct), typeof(RegularRows)),
            (typeof(TensorCore<>.SumsByAddition), typeof(RegularRows)),
            (typeof(TensorCore<>.SumsByAddition), typeof(AnyRows)),
        ];
        Type[] elements = [typeof(StoredFp16), typeof(StoredBf16)];
        int narrow = TileSizes.TensorCoreNarrow / WidthStep;

        // Sums by products are of plans that split nothing, as a cascade does. They come first, since they are of narrow values.
        int[][] rows =
        [
            .. Pairwise.Rows(
                    [policies.Length, elements.Length, _places.Length],
                    row => row[0] > 0 || _places[row[2]].Work != typeof(CascadeWork))
                .OrderBy(row => row[0]),
        ];

        // What is converted has exact sums. Formats take turns, the query's own among them: that of values is first the one after that of
        // keys, then the same.
        Type[] converted = [.. _formats.Where(format => ElementText.Of(format).PerWord > 2)];
        Dictionary<Type, int> turns = [];
        for (int index = 0; index < Math.Max(rows.Length, Math.Max(Widths, _variants.Length)); index++)
        {
            int[] row = rows[index % rows.Length];
            bool isNarrow = row[0] == 0;
            int valueWidth = WidthStep * (1 + (index % (isNarrow ? narrow : Widths)));
            int headWidth = WidthStep * (1 + (7 * index % Widths));
            Type element = elements[row[1]];
            Type[] formats = [element, .. isNarrow ? [] : converted];
            (Type Key, Type Value)[] stored =
            [
                .. formats.Select((key, format) => (key, formats[(format + 1) % formats.Length])),
                .. formats.Select(format => (format, format)),
            ];
            stored = [.. stored.Where(pair => AreTogether(row[2], element, pair.Key, pair.Value))];
            int turn = turns.GetValueOrDefault(_places[row[2]].Layout);
            turns[_places[row[2]].Layout] = isNarrow ? turn : turn + 1;
            (Type key, Type value) = stored[turn % stored.Length];
            Type[] module = Module(element, row[2], key, value, Turn(index));
            yield return TensorCoreKernel(module, headWidth, valueWidth, policies[row[0]].Sums, policies[row[0]].Access);
        }
    }

    /// <summary>Decoding by tensor cores.</summary>
    public static IEnumerable<Type> OfDecodingTensorCores()
    {
        Type[] blocks = [typeof(OneBlock), typeof(TwoBlocks), typeof(ThreeBlocks), typeof(FourBlocks)];
        Type[] accesses = [typeof(WholeRows), typeof(RegularRows), typeof(AnyRows)];
        Type[] pages = [.. _formats.Where(format => format != typeof(StoredFp32))];

        // fp32 queries are of up to 192 numbers. Wide rows are whole, but for memory that begins anywhere, which is known at a run, and their
        // variants are not asked for each score. Keys and values do not meet: in pages the format of values is in turn that of keys and the
        // one after it.
        int[] counts = [blocks.Length, accesses.Length, _elements.Length, _decodingPlaces.Length, pages.Length];
        int[][] rows = [.. Pairwise.Rows(counts, row => AreTogether(_decodingPlaces[row[3]], _elements[row[2]], pages[row[4]], pages[row[4]]) && (!IsWide(row) || accesses[row[1]] == typeof(WholeRows)))
            .Where(row => _elements[row[2]] != Default || blocks[row[0]] != typeof(FourBlocks))];
        (Type Mask, Type Modifier)[] plain = [.. _variants.Where(variant => !AsksEachScore(variant))];
        return Enumerable.Range(0, Math.Max(rows.Length, _variants.Length)).Select(turn =>
        {
            int[] row = rows[turn % rows.Length];
            (Type Mask, Type Modifier) variant = IsWide(row) ? plain[turn % plain.Length] : Turn(turn);
            return typeof(AttentionModule<,,,,,,,>.TensorCoreDecode<,>).MakeGenericType(
                [
                    .. Module(_elements[row[2]], _decodingPlaces[row[3]], pages[row[4]], pages[(row[4] + (row[3] == 1 ? turn % 2 : 0)) % pages.Length], variant),
                    blocks[row[0]], accesses[row[1]],
                ]);
        });

        bool IsWide(int[] row) => row[0] >= 2;
    }

    /// <summary>Reference attention, of which masks and modifiers are all that a plan can choose: a mask that looks something up, and a chain
    /// with a sink.</summary>
    public static Type Reference => typeof(AttentionModule<,,,,,,,>.ReferenceAttention).MakeGenericType(
        Module(Default, 0, Default, Default, (typeof(AndMask<CausalMask, DocumentMask>), typeof(ModifierChain<SoftCap, AttentionSinks>))));

    // Pages store keys and values in any formats, tensors as queries are or both of 8 bits, and ragged ones as queries are.
    private static bool AreTogether(int place, Type element, Type key, Type value) => _places[place].Layout == typeof(PagedLayout)
        || (key == element && value == element)
        || (_places[place].Layout == typeof(ContiguousLayout) && IsOf8Bits(key) && IsOf8Bits(value));

    private static bool IsOf8Bits(Type format) => ElementText.Of(format).PerWord == 4;

    // As plans ask: of static members, which differ by the type.
    private static bool AsksEachScore((Type Mask, Type Modifier) variant)
    {
        Func<bool> asks = AsksEachScore<CausalMask, NoModifier>;
        return (bool)asks.Method.GetGenericMethodDefinition().MakeGenericMethod(variant.Mask, variant.Modifier).Invoke(null, [])!;
    }

    private static bool AsksEachScore<TMask, TModifier>()
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier> => !TMask.RangeIsExact || TModifier.AsksEachScore;

    /// <summary>Causal attention of fp32 queries without tensor cores, over contiguous keys and values or pages.</summary>
    /// <param name="definition">The kernel.</param>
    /// <param name="pairs">How many times its tile is doubled: the width of outputs.</param>
    /// <param name="pages">How pages store keys and values; contiguous fp32 where <see langword="null"/>.</param>
    public static Type Kernel(Type definition, int pairs = 0, Type? pages = null) =>
        Kernels(definition).ElementAt(pairs)(Module(Default, pages is null ? 0 : 1, pages ?? Default, pages ?? Default));

    /// <summary>Causal attention by tensor cores, of values as wide as keys.</summary>
    /// <param name="element">The query's format.</param>
    /// <param name="headDimension">The head dimension.</param>
    /// <param name="sums">How weights are summed up.</param>
    /// <param name="pages">How pages store keys and values; contiguous ones of the query's format where <see langword="null"/>.</param>
    public static Type TensorCoreKernel(Type element, int headDimension, Type sums, Type? pages = null) => TensorCoreKernel(
        Module(element, pages is null ? 0 : 1, pages ?? element, pages ?? element), headDimension, headDimension, sums, typeof(RegularRows));

    /// <summary>Causal decoding of fp32 queries from pages without tensor cores.</summary>
    /// <param name="pages">How pages store keys and values.</param>
    /// <param name="rowPairs">How many times a thread's rows are doubled.</param>
    /// <param name="columnPairs">How many times its columns are.</param>
    public static Type Decode(Type pages, int rowPairs, int columnPairs = 0) => Decode(Module(Default, 1, pages, pages), typeof(RegularRows), rowPairs, columnPairs);

    /// <summary>Causal decoding by tensor cores, of values as wide as keys.</summary>
    /// <param name="element">The query's format.</param>
    /// <param name="pages">How pages store keys and values.</param>
    /// <param name="blocks">The blocks of 64 numbers of both.</param>
    /// <param name="access">How rows are accessed.</param>
    public static Type TensorCoreDecode(Type element, Type pages, Type blocks, Type access) =>
        typeof(AttentionModule<,,,,,,,>.TensorCoreDecode<,>).MakeGenericType([.. Module(element, 1, pages, pages), blocks, access]);

    /// <summary>Tiled attention of the Simt schedule.</summary>
    public static Type Tiled => typeof(AttentionModule<,,,,,,,>.TiledSimt<>.TiledAttentionSimt<>);

    private static Type Default => typeof(StoredFp32);

    private static Type TensorCoreKernel(Type[] module, int headDimension, int valueDimension, Type sums, Type access) =>
        typeof(AttentionModule<,,,,,,,>.TensorCoreAttention<,,,,>).MakeGenericType(
            [.. module, .. TensorCoreTiles.Of(module[0], headDimension, valueDimension, sums), access]);

    // A kernel, or one for each width of outputs, of which a thread's registers hold up to two blocks of columns, and four of a decoding tile,
    // and for each kind of rows; of a decoding one for each number of rows too.
    private static IEnumerable<Func<Type[], Type>> Kernels(Type definition)
    {
        if (definition.GetGenericArguments().Length == Module(Default, 0, Default, Default).Length)
            return [module => definition.MakeGenericType(module)];
        if (definition == Tiled)
        {
            return from access in new[] { typeof(RegularRows), typeof(AnyRows) }
                   from tile in new[] { typeof(AttentionModule<,,,,,,,>.TiledSimt<>.OutputBlock), typeof(AttentionModule<,,,,,,,>.TiledSimt<>.OutputPair) }
                   select (Func<Type[], Type>)(module => definition.MakeGenericType([.. module, access, tile.MakeGenericType([.. module, access])]));
        }

        // Of access, rows and columns each pair that a plan can have.
        return Pairwise.Rows([2, 4, 3], static row => TileSizes.SimtDecodeRowsOf(1 << row[1], TileSizes.SimtDecodeColumns << row[2]) == 1 << row[1]).Select(row => (Func<Type[], Type>)(module => Decode(module, row[0] == 0 ? typeof(RegularRows) : typeof(AnyRows), row[1], row[2])));
    }

    private static Type Decode(Type[] module, Type access, int rowPairs, int columnPairs)
    {
        Type[] arguments = [.. module, access, Rows(rowPairs)];
        return typeof(AttentionModule<,,,,,,,>.SimtDecode<,>.SplitKvDecodeSimt<>).MakeGenericType([.. arguments, Columns(columnPairs)]);

        static Type Rows(int pairs) => pairs == 0 ? typeof(OneRow) : typeof(RowPair<>).MakeGenericType(Rows(pairs - 1));

        Type Columns(int pairs) => pairs == 0
            ? typeof(AttentionModule<,,,,,,,>.SimtDecode<,>.OutputBlock).MakeGenericType(arguments)
            : typeof(AttentionModule<,,,,,,,>.SimtDecode<,>.OutputPair<>).MakeGenericType([.. arguments, Columns(pairs - 1)]);
    }

    // Causal attention where no variant is given.
    private static Type[] Module(Type element, int place, Type key, Type value, (Type Mask, Type Modifier)? variant = null) =>
    [
        element, _places[place].Layout, _places[place].Work, key, value,
        variant?.Mask ?? typeof(CausalMask), variant?.Modifier ?? typeof(NoModifier), typeof(Fp32x4),
    ];

    private static (Type Mask, Type Modifier) Turn(int turn) => _variants[turn % _variants.Length];

    // What the library has of a kind of variant.
    private static Type[] Variants(Type contract) =>
        [.. typeof(AttentionDevice).Assembly.GetTypes().Where(type => type.IsValueType && !type.IsGenericType && CudaKernels.Implements(type, contract)).OrderBy(type => type.Name, StringComparer.Ordinal)];
}

using AttentionKernels.Attention.Work;
using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels.Warp;

namespace AttentionKernels.Attention;

/// <summary>The tiles of TensorCore kernels: for which problems there are some, and their types, made when a plan is.</summary>
internal static class TensorCoreTiles
{
    private const int SmallestDimension = 16;
    private const int LargestDimension = 256;

    /// <summary>Dimensions are multiples of this many numbers, 16 bytes, where rows are copied by them.</summary>
    public const int DimensionStep = 8;

    // Registers do not hold wider outputs beside the terms of fp32 queries.
    private const int LargestDecodedOfFp32 = 192;

    // Nor do they hold what wider rows need beside their numbers: of lengths, of places, of variants that are asked for each score.
    private const int WidestOfAny = 2 * TileSizes.TensorCoreBlock;
    private const int LeafColumns = 16;

    // The largest weight of a row is 2 to the rounding error of its score, which it is not divided by before it is rounded to 16 bits. Rows
    // with scores beyond 2¹² are computed once more: with a scale above this one that would be many.
    private const float LargestScale = 32f;

    /// <summary>Why a problem is not for tensor cores, or <see langword="null"/>.</summary>
    /// <param name="device">The device.</param>
    /// <param name="problem">The problem.</param>
    /// <param name="scale">What scores are multiplied by, where it is not the usual.</param>
    public static string? Refusal(AttentionDevice device, AttentionProblem problem, float? scale)
    {
        if (!TensorCoreDevices.Have(device))
            return "it is for CUDA devices of sm_80 and newer";
        (Type element, Type key, Type value) = problem.Formats;
        if (element != typeof(StoredFp16) && element != typeof(StoredBf16))
            return "it is for query and output of fp16 or bf16";
        if (!BecomesFactors(key, element) || !BecomesFactors(value, element))
            return "it is for keys and values of the query's format or of 8 bits and fewer, whose numbers it has exactly";
        if (Math.Abs(scale ?? 0f) > LargestScale)
        {
            return $"it is for scales up to {LargestScale}, beyond which most rows would be computed once more without tensor cores; " +
                $"it is {scale}";
        }

        return IsCovered(problem.HeadDimension) && IsCovered(problem.ValueDimension)
            ? null
            : $"it is for head and value dimensions that are multiples of {DimensionStep} from {SmallestDimension} to " +
              $"{LargestDimension}; they are {problem.HeadDimension} and {problem.ValueDimension}";
    }

    /// <summary>Why a problem's few queries are not for tensor cores, or <see langword="null"/>.</summary>
    /// <param name="device">The device.</param>
    /// <param name="problem">The problem.</param>
    public static string? RefusalToDecode(AttentionDevice device, AttentionProblem problem)
    {
        if (!TensorCoreDevices.Have(device))
            return "it is for CUDA devices of sm_80 and newer";
        (Type element, Type key, Type value) = problem.Formats;
        if (ElementText.Of(key).PerWord < 2 || ElementText.Of(value).PerWord < 2)
            return "it is for keys and values of 16 bits and fewer";
        if (Math.Max(problem.HeadDimension, problem.ValueDimension) <= WidestOfAny)
            return null;
        int largest = element == typeof(StoredFp32) ? LargestDecodedOfFp32 : LargestDimension;
        if (problem.HeadDimension > largest || !AreWhole(problem))
        {
            return $"it is for head and value dimensions up to {WidestOfAny}, and beyond for both the same and a multiple of " +
                $"{TileSizes.TensorCoreBlock} up to {largest}; they are {problem.HeadDimension} and {problem.ValueDimension}";
        }

        return problem.AsksEachScore
            ? $"beyond dimension {WidestOfAny} it is for masks whose ranges are exact and for modifiers that are formulas"
            : null;
    }

    /// <summary>Whether keys and values are as wide as the blocks that decoding takes.</summary>
    public static bool AreWhole(AttentionProblem problem) => problem.HeadDimension == problem.ValueDimension &&
        problem.HeadDimension == DecodeBlocks(problem) * TileSizes.TensorCoreBlock;

    /// <summary>The blocks of keys and values that decoding takes.</summary>
    public static int DecodeBlocks(AttentionProblem problem) =>
        TileSizes.Tiles(Math.Max(problem.HeadDimension, problem.ValueDimension), TileSizes.TensorCoreBlock);

    /// <summary>Query rows of a work group.</summary>
    public static int Rows(int headDimension, int valueDimension) => 4 * WarpRows(headDimension, valueDimension);

    /// <summary>The tiles of scores, of depth and of outputs, and how weights are summed up.</summary>
    /// <param name="element">The format of the factors.</param>
    /// <param name="headDimension">The head dimension.</param>
    /// <param name="valueDimension">The value dimension.</param>
    /// <param name="sums">How weights are summed up: the definition of a type in <see cref="TensorCore{TFormat}"/>.</param>
    public static Type[] Of(Type element, int headDimension, int valueDimension, Type sums)
    {
        int rows = WarpRows(headDimension, valueDimension);
        int keys = Math.Max(headDimension, valueDimension) > TileSizes.TensorCoreNarrow
            ? TileSizes.TensorCoreKeys
            : sums == typeof(TensorCore<>.SumsByProduct) ? TileSizes.TensorCoreKeysOfNarrow : TileSizes.TensorCoreKeysOfNarrowSums;
        return
        [
            Tile(element, rows, keys), Tile(element, rows, Columns(headDimension)), Tile(element, rows, Columns(valueDimension)),
            ClosedTypes.Close(sums, element),
        ];
    }

    private static bool BecomesFactors(Type format, Type element) => format == element || ElementText.Of(format).PerWord > 2;

    private static int WarpRows(int headDimension, int valueDimension) =>
        headDimension > TileSizes.TensorCoreDeep || valueDimension > TileSizes.TensorCoreWide ? 16 : 32;

    private static int Columns(int dimension) => (dimension + LeafColumns - 1) / LeafColumns * LeafColumns;

    private static bool IsCovered(int dimension) =>
        dimension is >= SmallestDimension and <= LargestDimension && dimension % DimensionStep == 0;

    /// <summary>A tile of so many columns, a multiple of 16: pairs of tiles, the left ones as wide as a power of two.</summary>
    /// <param name="element">The format of the factors.</param>
    /// <param name="rows">Rows of a warp, 16 or 32.</param>
    /// <param name="columns">The columns.</param>
    public static Type Tile(Type element, int rows, int columns)
    {
        if (columns == LeafColumns)
            return ClosedTypes.Close(rows == 32 ? typeof(TensorCore<>.Tile32) : typeof(TensorCore<>.Tile16), element);
        int left = LeafColumns;
        while (2 * left < columns)
            left *= 2;
        return ClosedTypes.Close(typeof(TensorCore<>.TilePair<,>), element, Tile(element, rows, left), Tile(element, rows, columns - left));
    }
}

using AttentionKernels.Attention.Work;
using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;

namespace AttentionKernels.Tests.Cuda;

/// <summary>Whether a kernel loads from global memory as wide as it could: 16 bytes at once.</summary>
/// <remarks>
/// Counted are innermost loops, with tensor cores those that multiply: what is computed once more without them is rare. A table of pages, a
/// scale and the last columns of a row are loaded by fewer bytes in any kernel: it is wide where of the bytes that its loops load, at least
/// half come 16 at once.
/// </remarks>
internal static class ScalarLoads
{
    /// <summary>The kernels that load narrowly, and why. Whoever makes one wide takes it out; a test says so.</summary>
    public static readonly IReadOnlyDictionary<string, string> Exempt = new Dictionary<string, string>
    {
        ["NaiveAttention"] = "it is the definition, one row a thread, and is to stay plain",
        ["ReferenceAttention"] = "it is the definition in fp64, one row a thread, and is to stay plain",
        ["BatchNormTrainingSimt"] = "neighbouring threads read neighbouring values, one each, of planes of any size and alignment",
        ["GroupNormSimt"] = "neighbouring threads read neighbouring values, one each, of planes of any size and alignment",
        ["MergeStatesSimt"] = "neighbouring threads read neighbouring columns, one each",
        ["CheckBlockTable"] = "a thread reads the entries of a sequence, four bytes each, once for each change of a table",
        ["BatchNormBackwardSimt"] = "neighbouring threads read neighbouring values, one each, of planes of any size and alignment",
        ["GroupNormBackwardSimt"] = "neighbouring threads read neighbouring values, one each, of planes of any size and alignment",
        ["GradientOfChunks"] = "neighbouring threads read neighbouring sums, one each",
        ["MergeTwoStates"] = "a thread takes one number",
        ["WidenQueries"] = "a thread takes one number",
        ["BatchNormInference"] = "a thread takes one number",
        ["GatherAngles"] = "a thread takes one pair",
    };

    /// <summary>The kernels whose threads load four numbers at once, which are 16 bytes in fp32 and 8 or fewer in other formats: exempt are
    /// those that have one of these.</summary>
    public static readonly IReadOnlyCollection<string> OfFours =
    [
        "TiledAttentionSimt", "SplitKvDecodeSimt", "RowNormSimt", "RowNormQuantizedSimt", "RowNormBackwardSimt", "AppendSimt", "LinearSimt",
        "LinearTiledSimt", "ElementwiseSimt", "EmbeddingGradientSimt", "SoftmaxSimt",
    ];

    private static readonly Type[] _lookUps =
        [typeof(AlibiBias), typeof(BitMask), typeof(BlockSparseMask), typeof(DenseBias), typeof(RelativeBias), typeof(TreeMask)];

    /// <summary>Whether most of what a kernel loads in loops comes by fewer than 16 bytes.</summary>
    public static bool Has(CudaKernel kernel, MachineCode code)
    {
        IReadOnlyList<InstructionMix> loops = kernel.UsesTensorCores ? code.TensorCoreLoops() : code.InnermostLoops();
        return !IsElementwise(kernel) && !IsOfFewBits(kernel) && !LooksUpScores(kernel) && !LooksUpRows(kernel)
            && 2 * loops.Sum(loop => loop.WideBytesLoaded) < loops.Sum(loop => loop.LoadedBytes);
    }

    /// <summary>Whether a kernel may have such loads.</summary>
    public static bool IsExempt(CudaKernel kernel) => CudaKernels.Family(kernel.Type) is var family
        && (Exempt.ContainsKey(family) || (OfFours.Contains(family) && !IsOfFp32(kernel)));

    private static bool IsOfFp32(CudaKernel kernel) =>
        kernel.Type.GenericTypeArguments.Where(type => CudaKernels.Implements(type, typeof(IFormat<>))).All(type => type == typeof(StoredFp32));

    // Rows of tensor cores that begin anywhere are copied element by element.
    private static bool IsElementwise(CudaKernel kernel) => kernel.Type.GenericTypeArguments.Contains(typeof(AnyRows));

    // What a variant looks up for each score comes from the first cache: of narrow heads that is more than their keys.
    private static bool LooksUpScores(CudaKernel kernel) => kernel.Type.GenericTypeArguments.Any(_lookUps.Contains);

    // What a modifier sees of a cascade's rows, each of a sequence of its own, is looked up at each tile: of narrow heads more than their keys.
    private static bool LooksUpRows(CudaKernel kernel) =>
        kernel.Type.GenericTypeArguments is var arguments && arguments.Contains(typeof(CascadeWork)) && !arguments.Contains(typeof(NoModifier));

    // Tensor cores take eight numbers of keys or values at once, which are 8 bytes or 4 where they have no 16 bits.
    private static bool IsOfFewBits(CudaKernel kernel) =>
        kernel.UsesTensorCores && kernel.Type.GenericTypeArguments.Any(type => CudaKernels.Implements(type, typeof(IFormat<>)) && ElementText.Of(type).PerWord > 2);
}

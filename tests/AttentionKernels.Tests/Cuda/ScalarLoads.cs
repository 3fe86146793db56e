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
        ["TiledAttentionSimt"] = "a thread loads four numbers at once, which are 16 bytes in fp32 alone",
        ["SplitKvDecodeSimt"] = "its loops that compute single outputs once more, which are rare, load number by number",
        ["BatchNormTrainingSimt"] = "neighbouring threads read neighbouring values, one each, of planes of any size and alignment",
        ["GroupNormSimt"] = "neighbouring threads read neighbouring values, one each, of planes of any size and alignment",
        ["MergeStatesSimt"] = "neighbouring threads read neighbouring columns, one each",
        ["CheckBlockTable"] = "a thread reads the entries of a sequence, four bytes each, once for each change of a table",
        ["RowNormSimt"] = "a thread loads four numbers at once, which are 16 bytes in fp32 alone",
        ["RowNormQuantizedSimt"] = "a thread loads four numbers at once, which are 16 bytes in fp32 alone",
        ["RowNormBackwardSimt"] = "a thread loads four numbers at once, which are 16 bytes in fp32 alone",
        ["BatchNormBackwardSimt"] = "neighbouring threads read neighbouring values, one each, of planes of any size and alignment",
        ["GroupNormBackwardSimt"] = "neighbouring threads read neighbouring values, one each, of planes of any size and alignment",
        ["GradientOfChunks"] = "neighbouring threads read neighbouring sums, one each",
        ["AppendSimt"] = "a thread loads four numbers at once, which are 16 bytes in fp32 alone",
        ["MergeTwoStates"] = "a thread takes one number",
        ["WidenQueries"] = "a thread takes one number",
        ["BatchNormInference"] = "a thread takes one number",
        ["LinearSimt"] = "a thread loads four numbers at once, which are 16 bytes in fp32 alone",
        ["LinearTiledSimt"] = "a thread loads four numbers at once, which are 16 bytes in fp32 alone",
        ["ElementwiseSimt"] = "a thread loads four numbers at once, which are 16 bytes in fp32 alone",
        ["EmbeddingGradientSimt"] = "it loads an index of four bytes for each token, and of rows four numbers at once, which are 16 bytes in fp32 alone",
        ["SoftmaxSimt"] = "a thread loads four numbers at once, which are 16 bytes in fp32 alone",
        ["GatherAngles"] = "a thread takes one pair",
    };

    private static readonly Type[] _lookUps =
        [typeof(AlibiBias), typeof(BitMask), typeof(BlockSparseMask), typeof(DenseBias), typeof(RelativeBias), typeof(TreeMask)];

    /// <summary>Whether most of what a kernel loads in loops comes by fewer than 16 bytes.</summary>
    public static bool Has(CudaKernel kernel, MachineCode code)
    {
        IReadOnlyList<InstructionMix> loops = kernel.UsesTensorCores ? code.TensorCoreLoops() : code.InnermostLoops();
        return !IsElementwise(kernel) && !IsOfFewBits(kernel) && !LooksUpScores(kernel) && !LooksUpRows(kernel) && 2 * loops.Sum(loop => loop.WideBytesLoaded) < loops.Sum(loop => loop.LoadedBytes);
    }

    /// <summary>Why a kernel may have such loads, or <see langword="null"/>.</summary>
    public static string? Exemption(CudaKernel kernel) => Exempt.GetValueOrDefault(CudaKernels.Family(kernel.Type));

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

using System.Reflection;
using System.Runtime.CompilerServices;
using AttentionKernels.Attention.Variants;
using AttentionKernels.Elementwise.Activations;
using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using AttentionKernels.Tests.MicroKernels.Warp;
using FluentAssertions;
using ILGPU;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>
/// The OpenCL C and the PTX of each micro-kernel is that of its file in the folder Golden, so that a review shows what a change emits. This writes the
/// files anew, after a change that is meant:
/// <c>ATTENTIONKERNELS_UPDATE_GOLDEN=1 dotnet test tests/AttentionKernels.Tests --filter GoldenTests</c>
/// </summary>
/// <remarks>
/// One width stands for the others where their texts differ only in numbers; all formats are loaded by the gather of rows.
/// </remarks>
public class GoldenTests
{
    /// <summary>The environment variable that has what is recorded written anew.</summary>
    internal const string UpdateVariable = "ATTENTIONKERNELS_UPDATE_GOLDEN";

    private static readonly MethodInfo[] _calls =
    [
        Call<HalfWiden, Fp32x8>(),
        Call<HalfNarrow, Fp32x8>(),
        Call<OffsetFill, Fp32x8>(),
        Call<GatherColumns, Fp32x8>(),
        Call<RowDot, Fp32x8>(),
        Call<RowMultiplyAdd, Fp32x8>(),
        Call<RowScale, Fp32x8>(),
        Call<RowMultiply, Fp32x8>(),
        Call<RowClear, Fp32x8>(),
        Call<RowWiden<StoredFp32>, Fp32x8>(),
        Call<RowWiden<StoredFp16>, Fp32x8>(),
        Call<RowWiden<StoredBf16>, Fp32x8>(),
        Call<RowNarrow<StoredFp32>, Fp32x8>(),
        Call<RowNarrow<StoredFp16>, Fp32x8>(),
        Call<RowNarrow<StoredBf16>, Fp32x8>(),
        Call<LaneFill<StoredFp16>, Fp32x16>(),
        Call<LaneStore<StoredFp16>, Fp32x16>(),
        Call<GatherRows<StoredFp32>, Fp32x8>(),
        Call<GatherRows<StoredFp16>, Fp32x8>(),
        Call<GatherRows<StoredBf16>, Fp32x8>(),
        Call<GatherRows<StoredInt8>, Fp32x8>(),
        Call<GatherRows<StoredInt4>, Fp32x8>(),
        Call<GatherRows<StoredFp8E4M3>, Fp32x8>(),
        Call<GatherRows<StoredFp8E5M2>, Fp32x8>(),
        Call<GatherBlocks<StoredFp32>, Fp32x8>(),
        Call<GatherBlocks<StoredFp32>, Fp32x16>(),
        Call<GatherBlocks<StoredFp16>, Fp32x16>(),
        Call<GatherBlocks<StoredInt8>, Fp32x16>(),
        Call<GatherBlocks<StoredInt4>, Fp32x8>(),
        Call<GatherBlocks<StoredInt4>, Fp32x16>(),
        Call<PanelScores<StoredFp32>, Fp32x8>(),
        Call<PanelScores<StoredFp32>, Fp32x16>(),
        Call<PanelScores<StoredInt4>, Fp32x8>(),
        Call<PanelOutputs<StoredFp32>, Fp32x8>(),
        Call<PanelOutputs<StoredFp32>, Fp32x16>(),
        Call<PanelUpdate, Fp32x4>(),
        Call<PanelUpdate, Fp32x16>(),
        Call<PanelMask, Fp32x16>(),
        Call<FormulaPanel<ModifierFormula<SoftCap>>, Fp32x16>(),
        Call<FormulaPanel<ModifierFormula<AlibiBias>>, Fp32x8>(),
        Call<FormulaRows<ModifierFormula<AlibiBias>>, Fp32x8>(),
        Call<FormulaRows<EachFunction>, Fp32x4>(),
        Call<RowScores<StoredFp32>, Fp32x4>(),
        Call<RowScores<StoredFp32>, Fp32x16>(),
        Call<RowScores<StoredInt4>, Fp32x16>(),
        Call<RowScoresAtStride<StoredFp16>, Fp32x8>(),
        Call<RowOutputs<StoredFp32>, Fp32x8>(),
        Call<RowOutputs<StoredInt4>, Fp32x8>(),
        Call<RowOutputs<StoredFp8E4M3>, Fp32x8>(),
        Call<RowUpdate, Fp32x4>(),
        Call<RowUpdate, Fp32x16>(),
        Call<NormSums<StoredFp32>, Fp32x4>(),
        Call<NormSums<StoredFp32>, Fp32x16>(),
        Call<NormNormalize<StoredFp32, SharedWeightAndBias, CachedStore>, Fp32x8>(),
        Call<RowTotal<StoredFp32>, Fp32x8>(),
        Call<NormSums<StoredFp16>, Fp32x8>(),
        Call<RowTotal<StoredBf16>, Fp32x8>(),
        Call<NormNormalize<StoredBf16, WeightFromOne, CachedStore>, Fp32x8>(),
        Call<NormNormalize<StoredFp16, NoAffine, NonTemporalStore>, Fp32x16>(),
        Call<NormNormalize<StoredFp32, NoAffine, CachedStore>, Fp32x8>(),
        Call<NormNormalize<StoredFp32, WeightOnly, CachedStore>, Fp32x8>(),
        Call<NormNormalize<StoredFp32, WeightAndBias, CachedStore>, Fp32x8>(),
        Call<NormNormalize<StoredFp32, WeightAndBias, NonTemporalStore>, Fp32x16>(),
        Call<NormMagnitude<StoredFp16, WeightFromOne>, Fp32x8>(),
        Call<NormQuantize<StoredFp32, NoAffine, StoredInt8>, Fp32x8>(),
        Call<NormQuantize<StoredBf16, WeightAndBias, StoredFp8E4M3>, Fp32x16>(),
        Call<SumOfExponentials<StoredFp32>, Fp32x8>(),
        Call<SumOfExponentials<StoredFp16>, Fp32x4>(),
        Call<NormalizeExponentials<StoredFp32, NonTemporalStore>, Fp32x16>(),
        Call<NormalizeExponentials<StoredBf16, CachedStore>, Fp32x8>(),
        Call<AddIndexedRows<StoredFp32>, Fp32x8>(),
        Call<AddIndexedRows<StoredFp16>, Fp32x8>(),
        Call<FormulaOfRows<StoredFp32, ActivationFormulas<Gelu>.OfSum, CachedStore>, Fp32x8>(),
        Call<FormulaOfRows<StoredBf16, ActivationFormulas<Silu>.Gate, CachedStore>, Fp32x8>(),
        Call<FormulaOfRows<StoredFp32, SumFormula, NonTemporalStore>, Fp32x16>(),
        Call<RotaryHalfSplit<StoredFp32, CachedStore>, Fp32x8>(),
        Call<RotaryHalfSplit<StoredFp32, NonTemporalStore>, Fp32x16>(),
        Call<RotaryInterleaved<StoredFp32, CachedStore>, Fp32x8>(),
        Call<RotaryInterleaved<StoredBf16, CachedStore>, Fp32x8>(),
        Call<RotaryHalfSplit<StoredFp16, CachedStore>, Fp32x8>(),
        Call<RotaryInterleaved<StoredFp32, NonTemporalStore>, Fp32x4>(),
    ];

    private static readonly MethodInfo[] _cudaCalls =
    [
        Call<HalfWiden, Fp32x8>(),
        Call<HalfNarrow, Fp32x8>(),
        Call<ExpFunction>(),
        Call<LogFunction>(),
        Call<FmaFunction>(),
        WarpCall<CallMultiplyAdd<StoredFp16>>(),
        WarpCall<CallMultiplyAdd<StoredBf16>>(),
        WarpCall<CallPack<StoredFp16>>(),
        WarpCall<CallPack<StoredBf16>>(),
        WarpCall<CallLoad>(),
        WarpCall<CallLoadTransposed>(),
        WarpCall<CallCopy>(),
        WarpCall<CallXor>(),
        WarpCall<CallFrom>(),
        WarpCall<CallMaskedScore>(),
        WarpCall<CallVote>(),
        WarpCall<CallPowerOfTwo>(),
        WarpCall<CallRescale>(),
    ];

    [Fact]
    public void What_is_emitted_is_what_the_files_say()
    {
        Dictionary<string, string> emitted = _calls.Select(EmittedBlock.Of)
            .ToDictionary(block => FileName(block.Name, ".cl"), block => block.Text);
        foreach (EmittedBlock block in _cudaCalls.SelectMany(EmittedBlock.OfPtx))
            emitted.TryAdd(FileName(block.Name, ".ptx"), block.Text);
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
            Write(emitted);

        Dictionary<string, string> golden = Directory.GetFiles(Folder()).ToDictionary(
            file => Path.GetFileName(file), file => File.ReadAllText(file).ReplaceLineEndings("\n"));
        golden.Keys.Should().BeEquivalentTo(emitted.Keys, $"each call has a file; {UpdateVariable}=1 writes them");
        foreach ((string file, string text) in emitted)
            text.Should().Be(golden[file], $"it is {file}; {UpdateVariable}=1 writes what is emitted now");
    }

    private static MethodInfo Call<TMicroKernel, TVector>()
        where TMicroKernel : struct, IMicroKernel
        where TVector : struct, IVector<TVector> =>
        ((Action<MicroKernelArguments, ArrayView<float>, long, long, int>)
            TileKernel<MicroKernelCalls<TMicroKernel, TVector>, MicroKernelArguments>.Entry).Method;

    private static MethodInfo Call<TFunction>()
        where TFunction : struct, IFunction =>
        ((Action<ElementwiseArguments, ArrayView<float>, long, long, int>)TileKernel<Elementwise<TFunction>, ElementwiseArguments>.Entry).Method;

    private static MethodInfo WarpCall<TPrimitive>()
        where TPrimitive : struct, IWarpPrimitive => WarpKernels.Entry(typeof(WarpCall<TPrimitive>));

    private static void Write(Dictionary<string, string> emitted)
    {
        Directory.CreateDirectory(Folder());
        foreach (string old in Directory.GetFiles(Folder()))
            File.Delete(old);
        foreach ((string file, string text) in emitted)
            File.WriteAllText(Path.Combine(Folder(), file), text);
    }

    private static string FileName(string microKernel, string extension) =>
        microKernel.Replace('<', '(').Replace('>', ')').Replace(" ", "", StringComparison.Ordinal) + extension;

    // Beside this file: tests run where they were built.
    private static string Folder([CallerFilePath] string path = "") => Path.Combine(Path.GetDirectoryName(path)!, "Golden");
}

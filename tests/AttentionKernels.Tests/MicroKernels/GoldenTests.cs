using System.Reflection;
using System.Runtime.CompilerServices;
using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using FluentAssertions;
using ILGPU;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>
/// The OpenCL C of each micro-kernel is that of its file in the folder Golden, so that a review shows what a change emits. This writes the
/// files anew, after a change that is meant:
/// <c>ATTENTIONKERNELS_UPDATE_GOLDEN=1 dotnet test tests/AttentionKernels.Tests --filter GoldenTests</c>
/// </summary>
/// <remarks>
/// One width stands for the others where their texts differ only in numbers; all formats are loaded by the gather of rows.
/// </remarks>
public class GoldenTests
{
    private const string UpdateVariable = "ATTENTIONKERNELS_UPDATE_GOLDEN";

    private static readonly MethodInfo[] _calls =
    [
        Call<HalfWiden, EightLanes>(),
        Call<HalfNarrow, EightLanes>(),
        Call<OffsetFill, EightLanes>(),
        Call<GatherColumns, EightLanes>(),
        Call<RowDot, EightLanes>(),
        Call<RowMultiplyAdd, EightLanes>(),
        Call<RowScale, EightLanes>(),
        Call<RowMultiply, EightLanes>(),
        Call<RowClear, EightLanes>(),
        Call<RowWiden<StoredFp32>, EightLanes>(),
        Call<RowWiden<StoredFp16>, EightLanes>(),
        Call<RowWiden<StoredBf16>, EightLanes>(),
        Call<RowNarrow<StoredFp32>, EightLanes>(),
        Call<RowNarrow<StoredFp16>, EightLanes>(),
        Call<RowNarrow<StoredBf16>, EightLanes>(),
        Call<LaneFill<StoredFp16>, SixteenLanes>(),
        Call<LaneStore<StoredFp16>, SixteenLanes>(),
        Call<GatherRows<StoredFp32>, EightLanes>(),
        Call<GatherRows<StoredFp16>, EightLanes>(),
        Call<GatherRows<StoredBf16>, EightLanes>(),
        Call<GatherRows<StoredInt8>, EightLanes>(),
        Call<GatherRows<StoredInt4>, EightLanes>(),
        Call<GatherRows<StoredFp8E4M3>, EightLanes>(),
        Call<GatherRows<StoredFp8E5M2>, EightLanes>(),
        Call<GatherBlocks<StoredFp32>, EightLanes>(),
        Call<GatherBlocks<StoredFp32>, SixteenLanes>(),
        Call<GatherBlocks<StoredFp16>, SixteenLanes>(),
        Call<GatherBlocks<StoredInt8>, SixteenLanes>(),
        Call<GatherBlocks<StoredInt4>, EightLanes>(),
        Call<GatherBlocks<StoredInt4>, SixteenLanes>(),
        Call<PanelScores<StoredFp32>, EightLanes>(),
        Call<PanelScores<StoredFp32>, SixteenLanes>(),
        Call<PanelScores<StoredInt4>, EightLanes>(),
        Call<PanelOutputs<StoredFp32>, EightLanes>(),
        Call<PanelOutputs<StoredFp32>, SixteenLanes>(),
        Call<PanelUpdate, FourLanes>(),
        Call<PanelUpdate, SixteenLanes>(),
        Call<PanelMask, SixteenLanes>(),
        Call<RowScores<StoredFp32>, FourLanes>(),
        Call<RowScores<StoredFp32>, SixteenLanes>(),
        Call<RowScores<StoredInt4>, SixteenLanes>(),
        Call<RowScoresAtStride<StoredFp16>, EightLanes>(),
        Call<RowOutputs<StoredFp32>, EightLanes>(),
        Call<RowOutputs<StoredInt4>, EightLanes>(),
        Call<RowOutputs<StoredFp8E4M3>, EightLanes>(),
        Call<RowUpdate, FourLanes>(),
        Call<RowUpdate, SixteenLanes>(),
        Call<NormSums, FourLanes>(),
        Call<NormSums, SixteenLanes>(),
        Call<NormPlane, EightLanes>(),
        Call<NormNormalize<NoAffine, CachedStore>, EightLanes>(),
        Call<NormNormalize<WeightOnly, CachedStore>, EightLanes>(),
        Call<NormNormalize<WeightAndBias, CachedStore>, EightLanes>(),
        Call<NormNormalize<WeightAndBias, NonTemporalStore>, SixteenLanes>(),
        Call<RotaryHalfSplit<CachedStore>, EightLanes>(),
        Call<RotaryHalfSplit<NonTemporalStore>, SixteenLanes>(),
        Call<RotaryInterleaved<CachedStore>, EightLanes>(),
        Call<RotaryInterleaved<NonTemporalStore>, FourLanes>(),
    ];

    [Fact]
    public void What_is_emitted_is_what_the_files_say()
    {
        Dictionary<string, string> emitted = _calls.Select(EmittedBlock.Of)
            .ToDictionary(block => FileName(block.Name), block => block.Text);
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
            Write(emitted);

        Dictionary<string, string> golden = Directory.GetFiles(Folder()).ToDictionary(
            file => Path.GetFileName(file), file => File.ReadAllText(file).ReplaceLineEndings("\n"));
        golden.Keys.Should().BeEquivalentTo(emitted.Keys, $"each call has a file; {UpdateVariable}=1 writes them");
        foreach ((string file, string text) in emitted)
            text.Should().Be(golden[file], $"it is {file}; {UpdateVariable}=1 writes what is emitted now");
    }

    private static MethodInfo Call<TMicroKernel, TWidth>()
        where TMicroKernel : struct, IMicroKernel
        where TWidth : struct, IVectorWidth =>
        ((Action<MicroKernelArguments, ArrayView<float>, long, long, int>)
            TileKernel<MicroKernelCalls<TMicroKernel, TWidth>, MicroKernelArguments>.Entry).Method;

    private static void Write(Dictionary<string, string> emitted)
    {
        Directory.CreateDirectory(Folder());
        foreach (string old in Directory.GetFiles(Folder()))
            File.Delete(old);
        foreach ((string file, string text) in emitted)
            File.WriteAllText(Path.Combine(Folder(), file), text);
    }

    private static string FileName(string microKernel) =>
        $"{microKernel.Replace('<', '(').Replace('>', ')').Replace(" ", "", StringComparison.Ordinal)}.cl";

    // Beside this file: tests run where they were built.
    private static string Folder([CallerFilePath] string path = "") => Path.Combine(Path.GetDirectoryName(path)!, "Golden");
}

using System.Globalization;
using AttentionKernels.Attention.Kernels;
using AttentionKernels.Attention.Work;
using AttentionKernels.Elementwise.Activations;
using AttentionKernels.Elementwise.Kernels;
using AttentionKernels.Formats;
using AttentionKernels.KeyValueCache.Kernels;
using AttentionKernels.Linear.Kernels;
using AttentionKernels.MicroKernels;
using AttentionKernels.MicroKernels.Warp;
using AttentionKernels.Normalization.Kernels;
using AttentionKernels.Positions.Kernels;

namespace AttentionKernels.Tests.Cuda;

/// <summary>The table of kernels in docs/cuda.md: of each operation one kernel, as ptxas and nvdisasm see it, and what it should reach.</summary>
internal static class KernelTable
{
    private const int Sm80 = 80;
    private const int Sm90 = 90;
    private const int HeadDimension = 128;

    private enum Bound
    {
        TensorCores,
        MultiplyAdds,
        Bandwidth,
    }

    private static readonly (string Name, Type Type, Bound Bound)[] _kernels =
    [
        ("Prefill, fp16", AttentionInstantiations.TensorCoreKernel(typeof(StoredFp16), HeadDimension, typeof(TensorCore<>.SumsByAddition)), Bound.TensorCores),
        ("Prefill, fp16, fp16 pages", TensorCorePages, Bound.TensorCores),
        ("Prefill, fp32", Tiled(pages: null), Bound.MultiplyAdds),
        ("Prefill, fp32, fp16 pages", Tiled(typeof(StoredFp16)), Bound.MultiplyAdds),
        ("Decode by TensorCore, fp16 / fp16", TensorCoreDecode(typeof(StoredFp16), typeof(StoredFp16)), Bound.Bandwidth),
        ("Decode by TensorCore, fp32 / fp16", TensorCoreDecode(typeof(StoredFp32), typeof(StoredFp16)), Bound.Bandwidth),
        ("Decode by TensorCore, fp32 / int8", TensorCoreDecode(typeof(StoredFp32), typeof(StoredInt8)), Bound.Bandwidth),
        ("Decode by Simt, fp32", Decode(typeof(StoredFp32)), Bound.Bandwidth),
        ("Decode by Simt, fp16", Decode(typeof(StoredFp16)), Bound.Bandwidth),
        ("Decode by Simt, int8", Decode(typeof(StoredInt8)), Bound.Bandwidth),
        ("Merge of splits", AttentionInstantiations.Kernel(typeof(AttentionModule<,,,,,,,>.MergeStatesSimt), pages: typeof(StoredFp32)), Bound.Bandwidth),
        ("Append, fp32", typeof(AppendModule<StoredFp32, StoredFp32, StoredFp32, HalfSplitPairs>.AppendSimt<RegularRows>), Bound.Bandwidth),
        ("Append, int8", typeof(AppendModule<StoredFp32, StoredInt8, StoredInt8, HalfSplitPairs>.AppendSimt<RegularRows>), Bound.Bandwidth),
        ("RMSNorm", typeof(NormModule<StoredFp32, AboutZero, WeightOnly>.Simt<RegularRows>.Of<PlainRows>.RowNormSimt), Bound.Bandwidth),
        ("LayerNorm", typeof(NormModule<StoredFp32, AboutMean, WeightAndBias>.Simt<RegularRows>.Of<PlainRows>.RowNormSimt), Bound.Bandwidth),
        ("RMSNorm, int8", typeof(NormModule<StoredFp32, AboutZero, WeightOnly>.Simt<RegularRows>.Of<PlainRows>.RowNormQuantizedSimt<StoredInt8>), Bound.Bandwidth),
        ("Softmax", typeof(NormModule<StoredFp32, AboutZero, NoAffine>.Simt<RegularRows>.SoftmaxSimt), Bound.Bandwidth),
        ("BatchNorm, training", typeof(NormModule<StoredFp32, AboutExactMean, SharedWeightAndBias>.BatchNormTrainingSimt), Bound.Bandwidth),
        ("GroupNorm", typeof(NormModule<StoredFp32, AboutMean, SharedWeightAndBias>.GroupNormSimt), Bound.Bandwidth),
        ("Gradient of RMSNorm", typeof(NormModule<StoredFp32, AboutZero, WeightOnly>.Simt<RegularRows>.RowNormBackwardSimt), Bound.Bandwidth),
        ("Gradient of BatchNorm", typeof(NormModule<StoredFp32, AboutExactMean, SharedWeight>.BatchNormBackwardSimt), Bound.Bandwidth),
        ("Gradient of GroupNorm", typeof(NormModule<StoredFp32, AboutMean, SharedWeight>.GroupNormBackwardSimt), Bound.Bandwidth),
        ("Sum", typeof(ElementwiseModule<StoredFp32, SumFormula>.Simt<RegularRows>.ElementwiseSimt), Bound.Bandwidth),
        ("SiLU · up", typeof(ElementwiseModule<StoredFp32, ActivationFormulas<Silu>.Gate>.Simt<RegularRows>.ElementwiseSimt), Bound.Bandwidth),
        ("Rotary embedding", typeof(RotaryModule<StoredFp32, HalfSplitPairs>.RotaryEmbedding<RegularRows>), Bound.Bandwidth),
        ("Linear, many", typeof(LinearModule<StoredFp32, StoredFp32>.Simt<RegularRows>.LinearTiledSimt), Bound.MultiplyAdds),
        ("Linear, few", typeof(LinearModule<StoredFp32, StoredFp32>.Simt<RegularRows>.LinearSimt), Bound.Bandwidth),
    ];

    /// <summary>The rows of the table, the head first.</summary>
    public static IEnumerable<string> Lines() =>
    [
        "| Kernel | Registers | Shared memory, KiB | Resident warps | Hot loop, sm_80 | A100 / H100: peak, or bytes under way |",
        "|---|---|---|---|---|---|",
        .. _kernels.Select(kernel => Line(kernel.Name, CudaKernel.Of(kernel.Type), kernel.Bound)),
    ];

    private static string Line(string name, CudaKernel kernel, Bound bound)
    {
        AssembledKernel[] assembled = [.. kernel.Architectures.Select(kernel.Assembled)];
        double shared = (assembled[0].StaticSharedBytes + kernel.DynamicSharedBytes) / 1024.0;
        string[] cells =
        [
            name,
            Joined(assembled.Select(one => one.Registers)),
            shared.ToString("0.#", CultureInfo.InvariantCulture),
            Joined(kernel.Architectures.Select(kernel.ResidentWarps)),
            Text(HotLoop(kernel, Sm80, bound), bound),
            $"{Speed(kernel, Sm80, SpeedModel.A100, bound)} / {Speed(kernel, Sm90, SpeedModel.H100, bound)}",
        ];
        return $"| {string.Join(" | ", cells)} |";
    }

    // The share of peak, or of what is needed under way for the bandwidth the KiB that there are.
    private static string Speed(CudaKernel kernel, int architecture, SpeedModel model, Bound bound)
    {
        InstructionMix loop = HotLoop(kernel, architecture, bound);
        return bound switch
        {
            Bound.TensorCores => Percent(SpeedModel.TensorCoreShare(loop.OthersPerProduct)),
            Bound.MultiplyAdds => Percent(model.MultiplyAddShare(loop)),
            _ => string.Create(
                CultureInfo.InvariantCulture,
                $"{SpeedModel.BytesInFlight(loop, kernel.ResidentWarps(architecture)) / 1024.0:F0} of {model.NeededInFlight / 1024:F0} KiB"),
        };
    }

    // The last of the loops by tensor cores, which runs for most keys; else the innermost loop with most multiply-adds, or the one that
    // loads most.
    private static InstructionMix HotLoop(CudaKernel kernel, int architecture, Bound bound)
    {
        MachineCode code = kernel.Assembled(architecture).Code;
        if (bound == Bound.TensorCores)
            return code.TensorCoreLoops()[^1];
        return code.InnermostLoops().DefaultIfEmpty(code.Whole)
            .MaxBy(loop => bound == Bound.MultiplyAdds ? loop.Of("FFMA") : loop.LoadedBytes)!;
    }

    // All instructions, those that compute, and the accesses by width: LDG 4·16 are four of 16 bytes.
    private static string Text(InstructionMix loop, Bound bound)
    {
        string product = bound switch { Bound.TensorCores => InstructionMix.TensorCore, Bound.MultiplyAdds => "FFMA", _ => "" };
        string accesses = string.Join(", ", loop.Accesses.Select(access => $"{access.Name} {access.Count}·{access.Bytes}"));
        return loop.Of(product) > 0 ? $"{loop.Total}: {product} {loop.Of(product)}, {accesses}" : $"{loop.Total}: {accesses}";
    }

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:F0} %");

    private static Type Tiled(Type? pages) =>
        AttentionInstantiations.Kernel(AttentionInstantiations.Tiled, Pairs(TileSizes.SimtBlockColumns), pages);

    private static Type TensorCorePages =>
        AttentionInstantiations.TensorCoreKernel(typeof(StoredFp16), HeadDimension, typeof(TensorCore<>.SumsByAddition), typeof(StoredFp16));

    private static Type TensorCoreDecode(Type element, Type pages) =>
        AttentionInstantiations.TensorCoreDecode(element, pages, typeof(TwoBlocks), typeof(WholeRows));

    // Of four query heads that share a kv head.
    private static Type Decode(Type pages) => AttentionInstantiations.Decode(pages, rowPairs: 2, Pairs(TileSizes.SimtDecodeColumns));

    private static int Pairs(int columns) => (int)Math.Ceiling(Math.Log2((double)HeadDimension / columns));

    private static string Joined(IEnumerable<int> numbers) => string.Join(" / ", numbers);
}
